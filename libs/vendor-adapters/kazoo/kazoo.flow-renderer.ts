import type { ApplicationView, FlowContext, FlowRequest, WireRequest } from '#libs/recording-model';
import { resolveUrl } from '../shared/index.js';
import { pivotParameters } from './kazoo.pivot-parameters.js';
import { choice, setting, settingError } from './kazoo.settings.js';

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
