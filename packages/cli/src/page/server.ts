import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type PeerStatus, pageConnectionsMax, pageRequestMsMax, SinterError } from "@sinter/core";
import { page, pagePolicy } from "./html.js";

export interface StatusPage {
  readonly url: string;
  close(): Promise<void>;
}

const host = "127.0.0.1";
const usualPort = 7468;

/** Serves the status page on loopback: on `port`, or, where it is 0, on the usual port or any that is free. */
export async function servePage(options: { readonly port: number; readonly status: () => Promise<PeerStatus> }): Promise<StatusPage> {
  const status = shared(options.status);
  const server = createServer({ requestTimeout: pageRequestMsMax, headersTimeout: pageRequestMsMax }, (request, response) => {
    // Whoever asked has gone, or cannot be answered: either way nobody is left to be told.
    answer(request, response, port, status).catch(() => response.destroy());
  });
  server.maxConnections = pageConnectionsMax;
  const port = await listen(server, options.port);
  return {
    url: `http://${host}:${port}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** One question to the peer answers everybody who asks meanwhile. */
function shared<T>(ask: () => Promise<T>): () => Promise<T> {
  let asking: Promise<T> | undefined;
  return () => {
    asking ??= ask().finally(() => {
      asking = undefined;
    });
    return asking;
  };
}

async function listen(server: Server, wanted: number): Promise<number> {
  let failure = "";
  const ports = wanted === 0 ? [usualPort, 0] : [wanted];
  for (const port of ports) {
    try {
      return await listenOn(server, port);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== "EADDRINUSE" && code !== "EACCES") throw error;
      failure = code === "EADDRINUSE" ? "is already in use by another process" : "may not be used by you";
    }
  }
  throw new SinterError("in-use", `port ${wanted} on ${host} ${failure}`, "Give another --port, or leave it out for any that is free.");
}

function listenOn(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

async function answer(request: IncomingMessage, response: ServerResponse, port: number, status: () => Promise<PeerStatus>): Promise<void> {
  // A page elsewhere can have its name resolve to this machine; it cannot have the browser say this machine's name.
  const names = [`${host}:${port}`, `localhost:${port}`];
  if (!names.includes(request.headers.host ?? "")) return reply(response, 403, "text/plain", `Ask for http://${host}:${port}/\n`);
  if (request.method !== "GET") return reply(response, 405, "text/plain", "This page can only be read.\n", { Allow: "GET" });
  const path = request.url?.split("?", 1)[0];
  if (path === "/") return reply(response, 200, "text/html", page, { "Content-Security-Policy": pagePolicy });
  if (path !== "/status.json") return reply(response, 404, "text/plain", "There is / and /status.json here.\n");
  try {
    reply(response, 200, "application/json", JSON.stringify(await status()));
  } catch (error) {
    reply(response, 503, "application/json", JSON.stringify({ error: error instanceof Error ? error.message : String(error) }));
  }
}

function reply(response: ServerResponse, code: number, type: string, body: string, headers: Readonly<Record<string, string>> = {}): void {
  response.writeHead(code, {
    "Content-Type": `${type}; charset=utf-8`,
    "Content-Length": Buffer.byteLength(body),
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    ...headers,
  });
  response.end(body);
}
