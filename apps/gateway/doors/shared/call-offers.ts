import { setTimeout as delay } from 'node:timers/promises';
import { splitUserinfo, type CallRecord, type SendOptions, type WireRequest } from '#libs/recording-model';
import type { GatewayContext } from '../../runtime-token.js';

/** When an offer that nobody took is made again, ms; a call that rings longer than this is rare. */
const PAUSES_MS = [500, 2000, 5000];

/**
 * Tells the operator's connector of a call that an application has made, by `calls.offerUrl`, so that it can bring the
 * audio. The call does not wait for it; an offer that is not taken is made again a few times and then logged.
 */
export async function offerCall({ config, ports }: Pick<GatewayContext, 'config' | 'ports'>, call: CallRecord): Promise<void> {
  const { offerUrl, offerKey } = config.calls;
  if (offerUrl === undefined) return;
  const { callRef, applicationId, vendor, identity, media } = call;
  const { url, userinfo } = splitUserinfo(offerUrl);
  const { callId, from, to, direction } = identity;
  const body = { callRef, applicationId, vendor, callId, from, to, direction, media };
  const request: WireRequest = {
    method: 'POST',
    url,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    userinfo: userinfo === null ? null : { secret: 'offer.userinfo' },
  };
  const options: Omit<SendOptions, 'now'> = {
    webhookId: `offer_${callRef}`,
    secrets: userinfo === null ? {} : { 'offer.userinfo': userinfo },
    signingKey: offerKey ?? null,
    fallback: false,
  };
  for (const pause of [...PAUSES_MS, null]) {
    const { status, error, refused } = await ports.sender.send(request, { ...options, now: ports.clock.now() });
    if (status !== null && status >= 200 && status < 300) return;
    ports.log.warn('a call was not taken by the connector', { callRef, status, error });
    if (pause === null || refused) return;
    await delay(pause, undefined, { ref: false });
  }
}
