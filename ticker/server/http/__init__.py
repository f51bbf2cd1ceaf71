"""HTTP endpoints: prices, bars, replay control, clients, notices, health, dashboard, SSE and long polling."""
