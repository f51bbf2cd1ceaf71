// An incremental parser of Server-Sent Events (HTML standard, section 9.2.6), limited to what the server sends.

export interface SseEvent {
  kind: string;
  data: string;
}

export class SseParser {
  private rest = "";

  /** The events completed by this text. The server sends heartbeats as comments with a message in them: they count. */
  read(text: string): SseEvent[] {
    const blocks = (this.rest + text).split("\n\n");
    this.rest = blocks.pop() ?? "";
    return blocks.map(parseEvent).filter(({ data }) => data !== "");
  }
}

function parseEvent(block: string): SseEvent {
  let kind = "message";
  let data = "";
  for (const line of block.split("\n")) {
    const colon = line.indexOf(":");
    const name = line.slice(0, colon);
    const value = line.slice(colon + 1).replace(/^ /, "");
    if (name === "event") kind = value;
    else if (name === "data" || (name === "" && value.startsWith("{"))) data = value;
  }
  return { kind, data };
}
