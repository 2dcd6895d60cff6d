// JSONLogic's reference, json-logic-js, with flagd's operators as their description has them and with
// Tidegate's departures from the reference, each named in `differences.md`.
'use strict';

const cbor = require('cbor');
const logic = require('json-logic-js');
const Murmur = require('imurmurhash');
const semver = require('semver');
const { answerLines } = require('./lines.cjs');

const MOST = 2147483647;
let request; // The outermost data, where `$flagd` and `targetingKey` are.
let bucketing;

// --- departures from json-logic-js ---

const finite = (number) => (Number.isFinite(number) ? number : null);
const isList = Array.isArray;
const isObject = (value) => typeof value === 'object' && value !== null;

/** Only what is written in the data is found: no lengths, characters, methods. Values are copied. */
function find(data, name) {
  if (name === null || name === undefined || name === '') return data === undefined ? null : structuredClone(data);
  const path = String(name).split('.');
  if (path[0] === '$flagd' && data !== request) return null;
  let at = data;
  for (const part of path) {
    const there = isList(at) ? /^(0|[1-9]\d*)$/.test(part) && Object.hasOwn(at, part) : isObject(at) && Object.hasOwn(at, part);
    if (!there) return null;
    at = at[part];
  }
  return structuredClone(at);
}

function missing(data, names) {
  return names.filter((name) => [null, ''].includes(find(data, name)));
}

const departures = {
  '+': (...operands) => finite(operands.reduce((sum, operand) => sum + parseFloat(operand), 0)),
  '*': (...operands) => finite(operands.reduce((product, operand) => product * parseFloat(operand), 1)),
  '-': (a, ...rest) => finite(rest.length === 0 ? -a : a - rest[0]),
  '/': (a, b) => finite(a / b),
  '%': (a, b) => finite(a % b),
  max: (...operands) => finite(Math.max(...operands)),
  min: (...operands) => finite(Math.min(...operands)),
  var(name, ...fallback) {
    return find(this, name) ?? fallback[0] ?? null;
  },
  missing(...names) {
    return missing(this, isList(names[0]) ? names[0] : names);
  },
  missing_some(least, names) {
    if (!isList(names)) return [];
    const absent = missing(this, names);
    return names.length - absent.length >= least ? [] : absent;
  },
  substr(text, start, length) {
    const characters = [...String(text === undefined ? null : text)];
    const from = Math.trunc(Number(start) || 0);
    const rest = from < 0 ? characters.slice(from) : characters.slice(Math.min(from, characters.length));
    if (length === undefined) return rest.join('');
    const wanted = Number(length) || 0;
    const count = Math.trunc(wanted < 0 ? rest.length + wanted : wanted);
    return rest.slice(0, Math.max(count, 0)).join('');
  },
  log: (operand = null) => operand,
};

// --- flagd's operators ---

const twoTexts = (holds) => (...operands) =>
  operands.length === 2 && operands.every((operand) => typeof operand === 'string') ? holds(...operands) : null;

function version(value) {
  if (typeof value !== 'string' && typeof value !== 'number') return null;
  const text = String(value).replace(/^[vV]/, '');
  if (/^\s|\s$|^[vV=]/.test(text)) return null;
  return semver.parse(/^\d+(\.\d+)?$/.test(text) ? `${text}.0.0`.split('.').slice(0, 3).join('.') : text);
}

function compareVersions(first, comparison, second, ...more) {
  const [a, b] = [version(first), version(second)];
  if (a === null || b === null || more.length > 0) return null;
  switch (comparison) {
    case '=': return a.compare(b) === 0;
    case '!=': return a.compare(b) !== 0;
    case '<': return a.compare(b) < 0;
    case '<=': return a.compare(b) <= 0;
    case '>': return a.compare(b) > 0;
    case '>=': return a.compare(b) >= 0;
    case '^': return a.major === b.major;
    case '~': return a.major === b.major && a.minor === b.minor;
    default: return null;
  }
}

// The package hashes UTF-16 units; given a character per byte it hashes bytes.
const hash = (bytes) => new Murmur(bytes.toString('latin1')).result() >>> 0;

/** A number that needs all eight bytes; the package makes two of some. */
class Double {
  constructor(value) {
    this.bytes = Buffer.alloc(9, 0xfb);
    this.bytes.writeDoubleBE(value, 1);
  }

  encodeCBOR(encoder) {
    return encoder.push(this.bytes);
  }
}

function integral(value) {
  if (typeof value === 'number') {
    if (Number.isInteger(value) && value >= -(2 ** 63) && value < 2 ** 64) return BigInt(value);
    return Math.fround(value) === value ? value : new Double(value);
  }
  if (isList(value)) return value.map(integral);
  if (isObject(value)) return new Map(Object.entries(value).map(([key, item]) => [key, integral(item)]));
  return value;
}

const encoded = (value) => cbor.encodeOne(integral(value), { canonical: true, highWaterMark: 1 << 20 });

function hashOfKeys(data) {
  const key = data === request ? data.targetingKey : undefined;
  if (typeof key !== 'string' || key === '') return null;
  const flag = request.$flagd.flagKey;
  return hash(bucketing === 'v2' ? Buffer.from(flag + key) : encoded([flag, key]));
}

function hashOf(data, by) {
  if (typeof by === 'string') return hash(bucketing === 'v2' ? Buffer.from(by) : encoded(by));
  if (bucketing === 'v2') return by === null ? hashOfKeys(data) : null;
  return by === null || isList(by) ? null : hash(encoded(by));
}

function choose(hashed, entries) {
  const weights = entries.map((entry) => (entry.length > 1 ? entry[1] : 1));
  if (hashed === null || !weights.every((weight) => Number.isInteger(weight))) return null;
  const clamped = weights.map((weight) => Math.max(0, weight));
  const total = clamped.reduce((sum, weight) => sum + weight, 0);
  if (total > MOST || clamped.some((weight) => weight > MOST)) return null;
  const bucket = Number((BigInt(hashed) * BigInt(total)) >> 32n);
  let end = 0;
  const owner = entries.find((_, position) => bucket < (end += clamped[position]));
  return owner === undefined ? null : owner[0];
}

const operators = {
  ...departures,
  starts_with: twoTexts((text, part) => text.startsWith(part)),
  ends_with: twoTexts((text, part) => text.endsWith(part)),
  sem_ver: compareVersions,
  fractional_of_keys(...entries) {
    return choose(hashOfKeys(this), entries);
  },
  fractional_of_value(by, ...entries) {
    return choose(hashOf(this, by ?? null), entries);
  },
};
for (const [name, operator] of Object.entries(operators)) logic.add_operation(name, operator);

// --- flags ---

const KNOWN = new Set(
  `var missing missing_some if ?: == != === !== ! !! and or < <= > >= in cat starts_with ends_with sem_ver
   fractional max min + - * / % map filter reduce all none some merge substr log`.split(/\s+/),
);

/** The rule with references replaced and the two kinds of `fractional` told apart by how they are written. */
function prepared(rule, evaluators) {
  if (isList(rule)) return rule.map((item) => prepared(item, evaluators));
  if (!isObject(rule)) return rule;
  const [[name, operands]] = Object.entries(rule);
  if (name === '$ref') return prepared(evaluators[operands], evaluators);
  if (!KNOWN.has(name)) throw new Error(`unknown operator ${name}`);
  const inner = prepared(operands, evaluators);
  if (name !== 'fractional') return { [name]: inner };
  return { [isList(inner[0]) ? 'fractional_of_keys' : 'fractional_of_value']: inner };
}

function answer(flag, rule, context, key) {
  const chosen = (variant, reason) => `${reason} ${variant} ${JSON.stringify(flag.variants[variant])}`;
  const byDefault = (reason) => (flag.defaultVariant ? chosen(flag.defaultVariant, reason) : 'DEFAULT');
  if (rule instanceof Error) return 'PARSE_ERROR';
  if (flag.state === 'DISABLED') return 'DISABLED';
  if (rule === null) return byDefault('STATIC');
  request = { ...context, $flagd: { flagKey: key, timestamp: Math.floor(Date.now() / 1000) } };
  const result = logic.apply(rule, request) ?? null;
  if (result === null) return byDefault('DEFAULT');
  const names = typeof result === 'string' || typeof result === 'boolean';
  return names && Object.hasOwn(flag.variants, result) ? chosen(String(result), 'TARGETING_MATCH') : 'GENERAL';
}

answerLines(({ document, contexts, generation }) => {
  bucketing = generation;
  const { flags, $evaluators } = JSON.parse(document);
  const rules = Object.values(flags).map(({ targeting }) => {
    try {
      return targeting && Object.keys(targeting).length > 0 ? prepared(targeting, $evaluators) : null;
    } catch (error) {
      return error;
    }
  });
  return contexts.map((context) =>
    Object.entries(flags).map(([key, flag], position) => answer(flag, rules[position], JSON.parse(context), key)),
  );
});
