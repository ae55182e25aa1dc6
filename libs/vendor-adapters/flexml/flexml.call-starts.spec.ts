import { describe, expect, it } from '@jest/globals';
import type { CallIdentity, StoredDocument } from '#libs/recording-model';
import { applicationWith } from '#libs/testing';
import { flexmlAdapter, flexmlCallStart, readNewCall, readNewDid } from './index.js';

const SETTINGS = {
  documentUrl: 'https://account.example.com/vm',
  documentMethod: 'GET',
  statusCallbackUrl: 'https://account.example.com/ended',
};
const CALL: CallIdentity = { callId: 'c', from: '+15165550138', to: '+15165550137', direction: 'inbound', vendor: {} };

function did(fields: object): StoredDocument {
  const body = { ...readNewDid({ phonenumber: '15165550137', ...fields }) };
  const at = '2026-11-21T10:00:00.000Z';
  return {
    collection: 'flexml.dids',
    applicationId: 'app',
    id: 'd',
    version: 1,
    body,
    sealed: null,
    createdAt: at,
    updatedAt: at,
  };
}

describe('flexml: how calls begin (contract §1.1)', () => {
  const choose = (documents: readonly StoredDocument[], call = CALL, settings: Record<string, string> = SETTINGS) =>
    flexmlAdapter.callStarts?.choose(applicationWith(settings), call, documents) ?? null;

  it('inbound: with the document of the DID, found with and without the plus', () => {
    const start = {
      kind: 'request',
      request: { purpose: 'document', url: 'https://did.example.com/', method: 'POST', userinfo: null },
    };
    const known = [
      did({ phonenumber: '15160000000', url: 'https://other.example.com/' }),
      did({ url: 'https://did.example.com/' }),
    ];
    expect(choose(known)).toEqual({ ...start, flowState: { statusCallback: null } });
    expect(choose(known, { ...CALL, to: '15165550137' })).toEqual({ ...start, flowState: { statusCallback: null } });
    expect(choose(known, { ...CALL, to: '+15169999999' })).toBeNull();
    expect(choose(known, { ...CALL, direction: 'outbound' })).toBeNull();
  });

  it('a DID without a document leaves it to the account and keeps its status callback', () => {
    const known = [did({ status_callback_url: 'https://did.example.com/ended', status_callback_method: 'GET' })];
    const start = choose(known);
    expect(start).toMatchObject({ request: { url: 'https://account.example.com/vm', method: 'GET' } });
    const flowState = start?.kind === 'request' ? start.flowState : undefined;
    expect(flexmlAdapter.lastRequests(applicationWith(SETTINGS), CALL, flowState)).toEqual([
      {
        purpose: 'statusCallback',
        url: 'https://did.example.com/ended',
        method: 'GET',
        userinfo: null,
        keptIn: 'flexml.untold',
      },
    ]);
    expect(choose(known, CALL, {})).toBeNull();
  });

  it('outbound: the Call goes before the DID, the DID before the account', () => {
    const call = readNewCall({
      calling_did: '1',
      called_did: '2',
      status_callback_url: 'https://call.example.com/ended',
    });
    const number = readNewDid({
      phonenumber: '1',
      url: 'https://did.example.com/',
      status_callback_url: 'https://did.example.com/ended',
    });
    expect(flexmlCallStart(applicationWith(SETTINGS), [call, number])).toMatchObject({
      request: { url: 'https://did.example.com/' },
      flowState: { statusCallback: { url: 'https://call.example.com/ended', method: 'POST' } },
    });
    expect(flexmlCallStart(applicationWith(), [call])).toBeNull();
  });

  it("sends the account's credentials to the account's own server only", () => {
    const application = applicationWith(SETTINGS, { documentUserinfo: 'u:p' });
    const userinfoAt = (url: string) =>
      flexmlCallStart(application, [readNewCall({ calling_did: '1', called_did: '2', url })])?.request.userinfo;
    expect(userinfoAt('https://account.example.com/other')).toEqual({ secret: 'documentUserinfo' });
    expect(userinfoAt('https://elsewhere.example.com/vm')).toBeNull();
    expect(userinfoAt('http://account.example.com/vm')).toBeNull();
  });
});

describe('flexml: the error recording (contract §1.4)', () => {
  const kinds = (settings: Record<string, string>) =>
    flexmlAdapter.errorSteps?.(applicationWith(settings))?.map(({ kind }) => kind) ?? null;

  it('is spoken, or played where a file is named, and ends the call', () => {
    expect(kinds({})).toEqual(['speak', 'hangup']);
    expect(kinds({ errorRecordingUrl: 'https://app.example.com/sorry.wav' })).toEqual(['playMedia', 'hangup']);
    expect(kinds({ errorRecordingUrl: 'no URL' })).toEqual(['speak', 'hangup']);
    expect(kinds({ errorHandler: 'none' })).toBeNull();
  });
});
