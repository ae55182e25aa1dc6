import { describe, expect, it } from '@jest/globals';
import { RecgateError } from '#libs/recording-model';
import { fixtureContext, sinchDocument } from './sinch.fixtures.js';
import { renderSinchError } from './sinch.errors.js';
import { parseSinchDocument } from './sinch.request-mapper.js';

function answered(svaml: object): unknown {
  try {
    parseSinchDocument(sinchDocument(JSON.stringify(svaml), 'flow'), fixtureContext());
  } catch (thrown) {
    if (thrown instanceof RecgateError) return renderSinchError(thrown).body;
    throw thrown;
  }
  return 'accepted';
}

describe('errors (contract §3.4)', () => {
  it('say which of several instructions is at fault', () => {
    const say = { name: 'say', text: 'a' };
    expect(answered({ instructions: [say, { name: 'say' }], action: { name: 'hangup' } })).toEqual({
      errorCode: 40002,
      message: 'text is required (at /instructions/1/text)',
    });
  });

  it('name the action that is not known', () => {
    const message = 'The action "fly" is not known (at /action/name)';
    expect(answered({ action: { name: 'fly' } })).toEqual({ errorCode: 40001, message });
  });
});
