// Drives the real server SDK for Node. The first line says where the server is, {"url": ..., "key": ...};
// each further line is a call: {"flag": ..., "type": "boolean", "default": ..., "context": {...}}.
import { answerLines, described, headersFor } from "./lines.mjs";
import { require } from "./packages.mjs";

const { OpenFeature } = require("@openfeature/server-sdk");
const { OFREPProvider } = require("@openfeature/ofrep-provider");

await answerLines(async ({ url, key }) => {
  await OpenFeature.setProviderAndWait(new OFREPProvider({ baseUrl: url, headers: headersFor(key) }));
  const client = OpenFeature.getClient();
  const ask = {
    boolean: client.getBooleanDetails,
    string: client.getStringDetails,
    integer: client.getNumberDetails,
    float: client.getNumberDetails,
    object: client.getObjectDetails,
  };
  return async ({ flag, type, default: fallback, context }) =>
    described(await ask[type].call(client, flag, fallback, context ?? undefined));
});
