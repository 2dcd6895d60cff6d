// Drives the real web SDK, with what a browser has and Node may lack. The first line is
// {"url": ..., "key": ..., "context": {...}, "options": {...}}: the options are the provider's own.
// Each further line is an order:
//   {"do": "start"}                                                 how it went
//   {"do": "get", "flag": ..., "type": ..., "default": ...}         the details
//   {"do": "context", "context": {...}}                             the context is changed and answered
//   {"do": "wait", "event": "PROVIDER_CONFIGURATION_CHANGED", "within": ms}   the first such event not yet
//                                                                   asked for, null if there is none in time
//   {"do": "requests"}                                              what was asked since the last time
//   {"do": "close"}                                                 the page is left, another is opened
import { answerLines, described, headersFor } from "./lines.mjs";
import { require } from "./packages.mjs";

const { EventSource } = require("eventsource");
const { OpenFeature, ProviderEvents } = require("@openfeature/web-sdk");
const { OFREPWebProvider } = require("@openfeature/ofrep-web-provider");

const kept = new Map();
globalThis.localStorage = {
  getItem: (name) => kept.get(name) ?? null,
  setItem: (name, value) => kept.set(name, String(value)),
  removeItem: (name) => kept.delete(name),
};

let requests = [];
globalThis.EventSource = class extends EventSource {
  constructor(url) {
    super(url);
    requests.push({ stream: String(url) });
  }
};

async function noted(request) {
  const response = await fetch(request);
  requests.push({
    path: new URL(request.url).pathname + new URL(request.url).search,
    sent: request.headers.get("If-None-Match"),
    status: response.status,
    tag: response.headers.get("ETag"),
  });
  return response;
}

const events = [];
let arrived = () => {};
for (const event of Object.values(ProviderEvents)) {
  OpenFeature.addHandler(event, (details) => {
    events.push({ event, flags: details?.flagsChanged ?? [], message: details?.message ?? null });
    arrived();
  });
}

async function waitFor(event, within) {
  const end = Date.now() + within;
  for (;;) {
    const position = events.findIndex((one) => one.event === event);
    if (position >= 0) return events.splice(position, 1)[0];
    const left = end - Date.now();
    if (left <= 0) return null;
    await new Promise((resolve) => {
      const timer = setTimeout(resolve, left);
      arrived = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

await answerLines(async ({ url, key, context, options }) => {
  await OpenFeature.setContext(context ?? {});
  const client = OpenFeature.getClient();
  const ask = {
    boolean: client.getBooleanDetails,
    string: client.getStringDetails,
    integer: client.getNumberDetails,
    float: client.getNumberDetails,
    object: client.getObjectDetails,
  };
  const orders = {
    start: async () => {
      const provider = new OFREPWebProvider({
        baseUrl: url,
        headers: headersFor(key),
        fetchImplementation: noted,
        ...options,
      });
      try {
        await OpenFeature.setProviderAndWait(provider);
      } catch (error) {
        return { status: client.providerStatus, error: String(error.cause ?? error) };
      }
      return { status: client.providerStatus };
    },
    get: async ({ flag, type, default: fallback }) => described(ask[type].call(client, flag, fallback)),
    context: async ({ context }) => {
      await OpenFeature.setContext(context ?? {});
      return { status: client.providerStatus };
    },
    wait: async ({ event, within }) => waitFor(event, within),
    requests: async () => requests.splice(0),
    close: async () => {
      await OpenFeature.clearProviders();
      return {};
    },
  };
  return async (order) => orders[order.do](order);
});
