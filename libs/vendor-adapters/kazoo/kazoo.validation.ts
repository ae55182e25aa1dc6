import { splitUserinfo, type JsonObject, type JsonValue } from '#libs/recording-model';
import { childPointer, isJsonObject, member, type JsonDocument } from '../shared/index.js';
import { KazooValidationError, type KazooFailure } from './kazoo.errors.js';
import { KNOWN_MODULES } from './kazoo.modules.js';
import { actionSchema, asFlag, asInteger, isClientUrl, type PropertyRule } from './kazoo.schema.js';
import type { KazooSettings } from './kazoo.settings.js';

type Place = { readonly pointer: string; readonly path: string };
type Finding = Omit<KazooFailure, 'path' | 'position'>;

/**
 * Checks a callflow the way Crossbar does when it is saved: every node of every branch, all failures together
 * (contract §1.1, §5).
 * @throws KazooValidationError
 */
export function validateCallflow(
  document: JsonDocument,
  callflowPointer: string | null,
  flowPointer: string,
  settings: KazooSettings,
): void {
  const checker = new CallflowChecker(document, settings);
  if (callflowPointer !== null) checker.routing(callflowPointer);
  checker.node(document.at(flowPointer), { pointer: flowPointer, path: 'flow' });
  const [first, ...others] = checker.failures;
  if (first !== undefined) throw new KazooValidationError([first, ...others]);
}

class CallflowChecker {
  readonly failures: KazooFailure[] = [];

  constructor(
    private readonly document: JsonDocument,
    private readonly settings: KazooSettings,
  ) {}

  /** At least one number or pattern, or no call would ever find the flow. */
  routing(callflow: string): void {
    const filled = ['numbers', 'patterns'].some((key) => {
      const list = this.document.at(childPointer(callflow, key));
      return Array.isArray(list) && list.length > 0;
    });
    if (!filled) this.fail({ pointer: childPointer(callflow, 'numbers'), path: 'numbers' }, missing());
  }

  node(node: JsonValue | undefined, at: Place): void {
    if (node === undefined) return this.fail(at, missing());
    if (!isJsonObject(node)) return this.fail(at, wrongType('object', node));
    const module = member(node, 'module');
    const data = member(node, 'data');
    this.module(module, below(at, 'module'));
    if (data === undefined) this.fail(below(at, 'data'), missing());
    else if (!isJsonObject(data)) this.fail(below(at, 'data'), wrongType('object', data));
    else if (typeof module === 'string') this.data(module, data, below(at, 'data'));
    this.children(member(node, 'children'), below(at, 'children'));
  }

  private module(module: JsonValue | undefined, at: Place): void {
    if (module === undefined) return this.fail(at, missing());
    if (typeof module !== 'string') return this.fail(at, wrongType('string', module));
    if (module.length < 1) return this.fail(at, length('minLength', 1, module));
    if (module.length > 64) return this.fail(at, length('maxLength', 64, module));
    if (!KNOWN_MODULES.has(module)) {
      this.fail(at, { rule: 'error', message: `unable to find callflow schema for module ${module}`, value: module });
    }
  }

  private data(module: string, data: JsonObject, at: Place): void {
    for (const [key, rule] of Object.entries(actionSchema(module, this.settings.version))) {
      const value = member(data, key);
      if (value === undefined) continue;
      const finding = checkProperty(rule, value, this.settings.urlBlacklist);
      if (finding !== null) this.fail(below(at, key), finding);
    }
  }

  private children(children: JsonValue | undefined, at: Place): void {
    if (children === undefined) return;
    if (!isJsonObject(children)) return this.fail(at, wrongType('object', children));
    for (const [branch, child] of Object.entries(children)) this.node(child, below(at, branch));
  }

  private fail(at: Place, finding: Finding): void {
    this.failures.push({ path: at.path, position: this.document.positionOf(at.pointer), ...finding });
  }
}

function checkProperty(rule: PropertyRule, value: JsonValue, blacklist: readonly string[]): Finding | null {
  if (rule.type === 'boolean') return asFlag(value) === undefined ? wrongType('boolean', value) : null;
  if (rule.type === 'integer') {
    const number = asInteger(value);
    return number === undefined ? wrongType('integer', value) : checkRange(rule, number, value);
  }
  return typeof value === 'string' ? checkText(rule, value, blacklist) : wrongType('string', value);
}

function checkRange({ minimum, maximum }: PropertyRule, number: number, value: JsonValue): Finding | null {
  if (minimum !== undefined && number < minimum) {
    return { rule: 'minimum', message: `Value must be at least ${minimum}`, target: minimum, value };
  }
  if (maximum !== undefined && number > maximum) {
    return { rule: 'maximum', message: `Value must be at most ${maximum}`, target: maximum, value };
  }
  return null;
}

function checkText(rule: PropertyRule, text: string, blacklist: readonly string[]): Finding | null {
  if (rule.values !== undefined && !rule.values.includes(text)) {
    return { rule: 'enum', message: 'Value not found in enumerated list of values', target: rule.values, value: text };
  }
  if (rule.minLength !== undefined && text.length < rule.minLength) return length('minLength', rule.minLength, text);
  if (rule.clientUrl === true && text !== '' && !isClientUrl(text, blacklist)) {
    return { rule: 'error', message: 'invalid client URL', value: splitUserinfo(text).url };
  }
  return null;
}

function missing(): Finding {
  return { rule: 'required', message: 'Field is required but missing' };
}

function wrongType(type: string, value: JsonValue): Finding {
  return { rule: 'type', message: `Value did not match type(s): ${type}`, target: type, value };
}

function length(rule: 'minLength' | 'maxLength', limit: number, value: string): Finding {
  const message =
    rule === 'minLength'
      ? `String must be at least ${limit} characters`
      : `String must not be more than ${limit} characters`;
  return { rule, message, target: limit, cause: value, value };
}

function below(at: Place, key: string): Place {
  return { pointer: childPointer(at.pointer, key), path: `${at.path}.${key.replaceAll('.', '%2E')}` };
}
