"""The HTTP endpoints: prices, bars, replay control, clients, notices, the dashboard, long polling and SSE."""
