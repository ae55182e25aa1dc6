import { STATIC_PAYLOAD_TYPES, type LegEndpoint, type LegOptions, type MediaNode, type RtpPayloadType } from '#libs/capture';
import type { LegRequest, LiveMediaFactory, OpenCall, OpenedCall } from '#libs/orchestration';
import { PARTIES, RecgateError, type Party } from '#libs/recording-model';

/** Static payload types need no number from the caller. */
const STATIC_NUMBERS: Readonly<Record<string, number>> = Object.fromEntries(
  STATIC_PAYLOAD_TYPES.map(({ codec, payloadType }) => [codec, payloadType]),
);

/**
 * Opens calls on the node's sockets.
 * @param publicAddress told in place of the address that RTP is received on; undefined: that address
 */
export function createLiveMediaFactory(node: MediaNode, websocketBase: () => string, publicAddress: string | undefined): LiveMediaFactory {
  return {
    openConference: (callRef, listener) => node.openConference({ callRef, listener }),
    async open(call, listener) {
      const media = await node.openCall({ callRef: call.callRef, legs: legsOf(call), listener });
      return { media, endpoints: showEndpoints(media.endpoints, websocketBase(), publicAddress) };
    },
  };
}

function legsOf(call: OpenCall): LegOptions[] {
  return PARTIES.flatMap((party) => {
    const leg = call.legs[party];
    return leg === undefined ? [] : [legOptions(party, leg)];
  });
}

function legOptions(party: Party, leg: LegRequest): LegOptions {
  if (leg.transport === 'websocket') return { kind: 'websocket', parties: [party], dialect: leg.dialect };
  return {
    kind: 'rtp',
    party,
    payloadTypes: [payloadTypeOf(party, leg)],
    ...(leg.telephoneEventPayloadType === undefined ? {} : { telephoneEvent: leg.telephoneEventPayloadType }),
    remote: leg.remote ?? null,
  };
}

function payloadTypeOf(party: Party, leg: Extract<LegRequest, { transport: 'rtp' }>): RtpPayloadType {
  const payloadType = leg.payloadType ?? STATIC_NUMBERS[leg.codec];
  if (payloadType === undefined) {
    throw new RecgateError('field.missing', `${leg.codec} has no static payload type; say which one it is`, { field: `legs.${party}.payloadType` });
  }
  return { payloadType, codec: leg.codec, sampleRate: leg.sampleRate === 16000 ? 16000 : 8000 };
}

function showEndpoints(endpoints: readonly LegEndpoint[], websocketBase: string, publicAddress: string | undefined): OpenedCall['media'] {
  return Object.fromEntries(
    endpoints.map((endpoint) => [
      endpoint.party,
      endpoint.kind === 'rtp'
        ? { transport: 'rtp', address: `${publicAddress ?? endpoint.address}:${endpoint.port}` }
        : { transport: 'websocket', address: `${websocketBase}${endpoint.path}` },
    ]),
  );
}
