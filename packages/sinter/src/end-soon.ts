import type { Duplex } from "node:stream";
import { socketCloseMsMax } from "@sinter/core";

/**
 * Says the last word and goes on reading, or the other end, still writing, would meet a broken pipe before it has read
 * that word. An end that never closes its side is cut off.
 */
export function endSoon(socket: Duplex, lastWord = ""): void {
  socket.resume();
  socket.end(lastWord);
  const cut = setTimeout(() => socket.destroy(), socketCloseMsMax);
  socket.once("close", () => clearTimeout(cut));
}
