// One JSON object per line in, one per line out, in order.
import { createInterface } from "node:readline";

export async function answerLines(begin) {
  let answer;
  for await (const line of createInterface({ input: process.stdin })) {
    const call = JSON.parse(line);
    if (answer === undefined) {
      answer = await begin(call);
    } else {
      process.stdout.write(`${JSON.stringify(await answer(call))}\n`);
    }
  }
  process.exit(0);
}

// What both SDKs return, in the words that all drivers use.
export function described(found) {
  return {
    value: found.value,
    variant: found.variant,
    reason: found.reason,
    error: found.errorCode,
    message: found.errorMessage,
    metadata: found.flagMetadata ?? {},
  };
}

export function headersFor(key) {
  return key ? [["Authorization", `Bearer ${key}`]] : [];
}
