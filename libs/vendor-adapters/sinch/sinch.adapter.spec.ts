import { describeVendorAdapterContract } from '#libs/testing';
import { sinchAdapter } from './sinch.adapter.js';
import {
  FIXTURES,
  FIXTURE_CALL,
  FIXTURE_SECRETS,
  FIXTURE_SETTINGS,
  fixtureText,
  sinchDocument,
} from './sinch.fixtures.js';

describeVendorAdapterContract(
  sinchAdapter,
  FIXTURES.map(([name, role, recordings, ...documentSecrets]) => ({
    name,
    document: sinchDocument(fixtureText(name), role),
    call: FIXTURE_CALL,
    settings: { ...FIXTURE_SETTINGS, sendCallingError: 'true' },
    secrets: FIXTURE_SECRETS,
    documentSecrets,
    recordings,
  })),
);
