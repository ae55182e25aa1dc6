import type { AttributeReader } from './attribute-reader.js';

/** Every key a FlexML document can name. */
export const ALL_KEYS = '0123456789*#';

/**
 * A set of keys such as `finishOnKey`. `none` and values without any key (`_`, empty) mean that no key counts;
 * characters that are no keys are ignored (contract §2, finishOnKey).
 */
export function readKeys(
  reader: AttributeReader,
  field: { readonly name: string; readonly fallback: string; readonly to: string },
): string {
  const attribute = reader.find(field.name);
  if (attribute === undefined) {
    reader.applyDefault(field.name, field.fallback, field.to);
    return field.fallback;
  }
  const keys = [...new Set(attribute.value)].filter((character) => ALL_KEYS.includes(character)).join('');
  const reason = keys === '' ? 'no key ends it' : 'characters that are no keys, and repetitions, are ignored';
  reader.account(
    attribute,
    keys === attribute.value ? { to: field.to } : { to: field.to, outcome: 'converted', reason },
  );
  return keys;
}
