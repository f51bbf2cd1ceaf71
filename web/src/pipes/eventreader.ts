// Events out of text that comes in pieces (HTML standard, section 9.2.6, as far as the server's own go). Pure.

export interface Event {
  kind: string;
  data: string;
}

export class EventReader {
  private rest = "";

  /** The events that are whole now. A comment that is a message (a heartbeat) counts as one. */
  read(text: string): Event[] {
    const blocks = (this.rest + text).split("\n\n");
    this.rest = blocks.pop() ?? "";
    return blocks.map(eventOf).filter(({ data }) => data !== "");
  }
}

function eventOf(block: string): Event {
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
