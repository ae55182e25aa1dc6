import { REDACTED } from '#libs/recording-model';
import { withoutUserinfo } from '../shared/index.js';

/** The attributes of external storage, and whatever looks like one more of them. */
const EXTERNAL_CREDENTIAL = /^(aws|gcp|azure)\w*(key|token|secret|clientid|password)$/i;

/** A field's value as the accounting may show it: no credential of a store, no userinfo of a URL. */
export function shownValue(field: { readonly name?: string; readonly value: string }): string {
  if (field.name !== undefined && EXTERNAL_CREDENTIAL.test(field.name)) return REDACTED;
  return withoutUserinfo(field.value);
}
