// flagd's own evaluator for JavaScript, as its provider drives it.
'use strict';

const { FlagdCore } = require('@openfeature/flagd-core');
const { answerLines } = require('./lines.cjs');

const silent = { error() {}, warn() {}, info() {}, debug() {} };

/** Each flag's typed question, by what its first variant is. */
function ask(core, key, flag, context) {
  const first = Object.values(flag.variants)[0];
  switch (typeof first) {
    case 'boolean':
      return core.resolveBooleanEvaluation(key, false, context, silent);
    case 'string':
      return core.resolveStringEvaluation(key, '', context, silent);
    case 'number':
      return core.resolveNumberEvaluation(key, 0, context, silent);
    default:
      return core.resolveObjectEvaluation(key, {}, context, silent);
  }
}

answerLines(({ document, contexts }) => {
  const core = new FlagdCore(undefined, silent);
  core.setConfigurations(document);
  const { flags } = JSON.parse(document);
  return contexts.map((context) =>
    Object.entries(flags).map(([key, flag]) => {
      const { value, variant, reason, errorCode } = ask(core, key, flag, JSON.parse(context));
      const chosen = variant === undefined ? '' : ` ${variant} ${JSON.stringify(value)}`;
      return `${errorCode ?? reason}${chosen}`;
    }),
  );
});
