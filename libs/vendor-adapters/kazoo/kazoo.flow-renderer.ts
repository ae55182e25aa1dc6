import type { ApplicationView, CallIdentity, FlowContext, FlowRequest, WireRequest } from '#libs/recording-model';
import { resolveUrl } from '../shared/index.js';
import { choice, kazooSettings, setting, settingError } from './kazoo.settings.js';

/**
 * The Pivot-style request for the first callflow; null without `callflowUrl`. Its credentials are the application secret
 * `callflowUserinfo`.
 */
export function firstKazooRequest(application: ApplicationView): FlowRequest | null {
  const text = setting(application, 'callflowUrl');
  if (text === null) return null;
  const { url, userinfo } = resolveUrl(text, null, { path: 'settings.callflowUrl' });
  if (userinfo !== null) throw settingError('callflowUrl', 'holds credentials; they belong into callflowUserinfo');
  const method = choice(application, 'callflowMethod', ['GET', 'POST'] as const);
  const secret = setting(application, 'callflowUserinfo') === null ? null : { secret: 'callflowUserinfo' };
  return { purpose: 'voice_url', url, method, userinfo: secret };
}

/** The wire form of a Pivot request: the call's parameters as query (GET) or form (POST), in Pivot's own spelling. */
export function renderKazooFlowRequest(request: FlowRequest, context: FlowContext): WireRequest {
  const parameters = new URLSearchParams(pivotParameters(context));
  const { userinfo } = request;
  if (request.method === 'GET') {
    const url = `${request.url}${request.url.includes('?') ? '&' : '?'}${parameters.toString()}`;
    return { method: 'GET', url, headers: {}, body: null, userinfo };
  }
  const headers = { 'Content-Type': 'application/x-www-form-urlencoded' };
  return { method: 'POST', url: request.url, headers, body: parameters.toString(), userinfo };
}

function pivotParameters({ application, call, collected }: FlowContext): Record<string, string> {
  const [fromUser = '', fromRealm = ''] = call.from.split('@');
  const [toUser = '', toRealm = ''] = call.to.split('@');
  const parameters = {
    'Account-ID': own(call, 'account_id') ?? kazooSettings(application).accountId,
    'Api-Version': '4.x',
    'Call-ID': call.callId,
    'Caller-ID-Name': own(call, 'caller_id_name') ?? '',
    'Caller-ID-Number': own(call, 'caller_id_number') ?? fromUser,
    Digits: collected?.digits ?? '',
    Direction: call.direction,
    From: fromUser,
    'From-Realm': fromRealm,
    'Owner-ID': own(call, 'owner_id') ?? '',
    To: toUser,
    'To-Realm': toRealm,
  };
  return Object.fromEntries(Object.entries(parameters).filter(([, value]) => value !== ''));
}

function own(call: CallIdentity, key: string): string | null {
  const value = call.vendor[key];
  return typeof value === 'string' && value !== '' ? value : null;
}
