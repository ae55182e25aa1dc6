import type { JsonObject, JsonValue } from '#libs/recording-model';
import { isJsonObject, member } from '../shared/index.js';
import { actionSchema, asFlag, asInteger, type PropertyRule } from './kazoo.schema.js';
import type { KazooVersion } from './kazoo.settings.js';

/**
 * A callflow node as it reads back after it was saved: defaults of the schema filled in, numbers and booleans that
 * were written as text coerced, in all branches (contract §4.4). Expects a node that passed validation.
 */
export function withSchemaDefaults(node: JsonValue, version: KazooVersion): JsonValue {
  if (!isJsonObject(node)) return node;
  const module = member(node, 'module');
  const data = member(node, 'data');
  const children = member(node, 'children');
  return {
    ...node,
    ...(typeof module === 'string' && isJsonObject(data) ? { data: completed(data, module, version) } : {}),
    ...(isJsonObject(children)
      ? { children: mapMembers(children, (child) => withSchemaDefaults(child, version)) }
      : {}),
  };
}

function completed(data: JsonObject, module: string, version: KazooVersion): JsonObject {
  const result: Record<string, JsonValue> = { ...data };
  for (const [key, rule] of Object.entries(actionSchema(module, version))) {
    const value = coerced(rule, member(data, key)) ?? rule.default;
    if (value !== undefined) result[key] = value;
  }
  return result;
}

function coerced(rule: PropertyRule, value: JsonValue | undefined): JsonValue | undefined {
  if (rule.type === 'integer') return asInteger(value) ?? value;
  return rule.type === 'boolean' ? (asFlag(value) ?? value) : value;
}

function mapMembers(object: JsonObject, change: (value: JsonValue) => JsonValue): JsonObject {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, change(value)]));
}
