import type { FlowRequest, WireRequest } from '#libs/recording-model';
import { wireJson, type WireObject } from './aculab.wire-json.js';

const JSON_TYPE = 'application/json; charset=utf-8';

/**
 * A request to a page (contract §1.2): POST carries the instance info as its body, GET carries it in the query
 * argument `instance_info`, after whatever query the URL already had.
 */
export function pageRequest(page: FlowRequest, instanceInfo: WireObject): WireRequest {
  const json = wireJson(instanceInfo);
  if (page.method === 'POST')
    return {
      method: 'POST',
      url: page.url,
      headers: { 'Content-Type': JSON_TYPE },
      body: json,
      userinfo: page.userinfo,
    };
  return {
    method: 'GET',
    url: withArgument(page.url, 'instance_info', json),
    headers: {},
    body: null,
    userinfo: page.userinfo,
  };
}

function withArgument(url: string, name: string, value: string): string {
  const [beforeFragment = ''] = url.split('#');
  const joint = !beforeFragment.includes('?') ? '?' : /[?&]$/.test(beforeFragment) ? '' : '&';
  return `${beforeFragment}${joint}${name}=${encodeURIComponent(value)}`;
}
