import { readFileSync } from 'node:fs';
import type { ApplicationView, CallIdentity, DocumentRole, ParseContext, VendorDocument } from '#libs/recording-model';

/** Documents of the contract, for the specs of this folder. Key and secret are the vendor's published examples. */
export const FIXTURE_CALL: CallIdentity = {
  callId: '1ce0ffee-ca11-ca11-ca11-abcdef000053',
  from: '+12015555555',
  to: '+12017777777',
  direction: 'inbound',
  vendor: {},
};

export const FIXTURE_SETTINGS: Readonly<Record<string, string>> = {
  applicationKey: '669E367E-6BBA-48AB-AF15-266871C28135',
  callbackUrl: 'https://app.example.com/sinch/callback/ace?tenant=7',
  fallbackUrl: 'https://backup.example.com/sinch/fallback',
  destinationUrl: 'azure://default-account/default-container',
  apiBaseUrl: 'https://gw.example/',
};

export const FIXTURE_SECRETS: Readonly<Record<string, string>> = {
  applicationSecret: 'BeIukql3pTKJ8RGL5zo0DA==',
  credentials: 'ZGVmYXVsdEFjY291bnRLZXk=',
};

/** Name of a fixture, the place it stands in, its recordings and the credentials in it. */
export const FIXTURES: readonly (readonly [
  name: string,
  role: DocumentRole,
  recordings: number,
  ...secrets: string[],
])[] = [
  ['action-s3', 'ice', 1, 'KEY:SECRET'],
  [
    'action-azure',
    'ice',
    1,
    'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+Pw==',
  ],
  ['action-gs', 'ice', 1, 'ACCESS_KEY'],
  ['instruction-s3', 'ice', 1, 'KEY:SECRET'],
  [
    'instruction-azure',
    'ice',
    1,
    'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+Pw==',
  ],
  ['instruction-gs', 'ice', 1, 'ACCESS_KEY'],
  ['ace-continue-record', 'ace', 1, 'xyz_access_key', 'wrt_secret_key'],
  ['say-record-say', 'pie', 1, 'GOOG1EXAMPLE', 'interopSECRET'],
  ['manage-instruction', 'manage', 1, 'A:S:eu-central-1'],
  ['manage-sdk', 'manage', 1, 'AKIDEXAMPLE', 'secretEXAMPLE'],
  ['manage-action-start', 'manage', 1, 'k:s:eu-central-1'],
  ['manage-action-stop', 'manage', 0],
  ['manage-continue-record', 'manage', 1],
  ['manage-stop', 'manage', 0],
  ['conference', 'ice', 2, 'AKIACONF', 'confSECRET'],
  ['connectmxp', 'ice', 1, 'AKIAIGNORED', 'ignoredSECRET', 'AKIAKEPT', 'keptSECRET'],
  ['tolerant', 'flow', 1, 'AKIATOL', 'tolSECRET', 'user:pw'],
  ['every-step', 'flow', 2, 'unusedSECRET'],
  ['park', 'flow', 0],
  ['connect-stream', 'ice', 0],
];

/** The text of a fixture, byte for byte. */
export function fixtureText(name: string): string {
  return readFileSync(new URL(`./fixtures/${name}.json`, import.meta.url), 'utf8');
}

/** A fixture as the document of a role; `body` may be given instead of a file. */
export function sinchDocument(body: string, role: DocumentRole = 'flow'): VendorDocument {
  return { body, role, url: 'https://app.example.com/sinch/callback/ace' };
}

export function fixtureApplication(settings = FIXTURE_SETTINGS, secrets = FIXTURE_SECRETS): ApplicationView {
  return { applicationId: 'app-1', tenantId: 'tenant-1', settings, secrets };
}

export function fixtureContext(application = fixtureApplication(), call = FIXTURE_CALL): ParseContext {
  let count = 0;
  const next = (digits: number): string => (count++).toString(16).padStart(digits, '0');
  return {
    application,
    call,
    ids: { uuid: () => `00000000-0000-4000-8000-${next(12)}`, hex: next },
    now: new Date('2024-06-06T17:20:10.000Z'),
  };
}
