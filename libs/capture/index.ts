export type { LegCounts, LegParty } from './call/leg-source.js';
export type { LegEndpoint } from './live/live-leg.js';
export { LiveConference } from './live/live-conference.js';
export { LiveCallMedia } from './live/live-call-media.js';
export {
  MediaNode,
  type ConferenceOptions,
  type LegOptions,
  type LiveCallListener,
  type LiveCallOptions,
  type MediaNodeLoad,
  type MediaNodeOptions,
  type StreamOptions,
} from './live/media-node.js';
export type { RtpRemote } from './live/rtp/media-source.js';
export { STATIC_PAYLOAD_TYPES, type RtpCodec, type RtpPayloadType } from './live/rtp/payload-types.js';
export type { RtpPortRange } from './live/rtp/port-allocator.js';
export type { RtpLegOptions } from './live/rtp/rtp-leg.js';
export type { StreamDialect, StreamFacts } from './live/websocket/dialect.js';
export type { Welcome } from './live/websocket/welcome.js';
export type { BeginRendition, FollowWish, GrowingRendition, GrowingRenditionJob } from './spool/following/growing-rendition.js';
export { createSpool, type Spool, type SpoolBeginning, type SpoolOptions, type WantedRendition } from './spool/spool.js';
export type { SpoolHeader } from './spool/spool-header.js';
export type { SpoolDamage } from './spool/spool-source.js';
export type { SegmentContext, SegmentTransform } from './spool/segment-seal.js';
export { SpoolWriter } from './spool/spool-writer.js';
export { createFileCallMedia, FileCallMedia, type FileCallMediaOptions } from './file/file-call-media.js';
export { fileLegs, type CallAudio, type FileLegOptions } from './file/file-leg.js';
export { WavFile, type WavChannel } from './file/wav-file.js';
export { receiveAudio, type ReceiveAudioOptions, type ReceivedAudio } from './upload/receive-audio.js';
export { pullAudio, type AudioResponse, type FetchAudio } from './url/pull-audio.js';
