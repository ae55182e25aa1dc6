import { ValidateBy, ValidateIf } from 'class-validator';

/** The field may be left out; null is no value for it. */
export function MayBeAbsent(): PropertyDecorator {
  return ValidateIf((_object: object, value: unknown) => value !== undefined);
}

/** The field may be left out or be null. */
export function MayBeNull(): PropertyDecorator {
  return ValidateIf((_object: object, value: unknown) => value !== undefined && value !== null);
}

const LONGEST_URL = 8192;

/** An absolute http or https (or ftp or ftps) URL without credentials; those are handed over apart, as secrets. */
export function IsPlainUrl(protocol: 'http' | 'ftp' = 'http'): PropertyDecorator {
  return ValidateBy({
    name: 'isPlainUrl',
    validator: {
      validate: (value) => isUrl(value, protocol) && hasNoUserinfo(value),
      defaultMessage: () => `$property must be an absolute ${protocol} or ${protocol}s URL without credentials`,
    },
  });
}

/** An absolute http or https URL; credentials in it are taken out and sealed. */
export function IsHttpUrl(): PropertyDecorator {
  return ValidateBy({
    name: 'isHttpUrl',
    validator: { validate: (value) => isUrl(value, 'http'), defaultMessage: () => '$property must be an absolute http or https URL' },
  });
}

/** Strings under short names: letters, digits, `_`, `.`, `-`. */
export function IsStringMap(limits: {
  readonly entries: number;
  readonly length: number;
  readonly numbers?: boolean;
}): PropertyDecorator {
  return ValidateBy({
    name: 'isStringMap',
    validator: {
      validate: (value) =>
        isMap(value) &&
        Object.keys(value).length <= limits.entries &&
        Object.entries(value).every((entry) => fits(entry, limits)),
      defaultMessage: () =>
        `$property must map at most ${limits.entries} names (letters, digits, "_", ".", "-") to strings${limits.numbers === true ? ' or numbers' : ''} of at most ${limits.length} characters`,
    },
  });
}

const SCHEMES = { http: /^https?:\/\//i, ftp: /^ftps?:\/\// } as const;

function isUrl(value: unknown, protocol: keyof typeof SCHEMES): value is string {
  return (
    typeof value === 'string' && value.length <= LONGEST_URL && SCHEMES[protocol].test(value) && URL.canParse(value)
  );
}

function hasNoUserinfo(value: string): boolean {
  const { username, password } = new URL(value);
  return username === '' && password === '';
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function fits(
  [name, value]: [string, unknown],
  limits: { readonly length: number; readonly numbers?: boolean },
): boolean {
  if (!/^[A-Za-z0-9_.-]{1,64}$/.test(name) || name === '__proto__') return false;
  if (typeof value === 'number') return limits.numbers === true && Number.isFinite(value);
  return typeof value === 'string' && value.length <= limits.length;
}
