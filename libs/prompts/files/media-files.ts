import { RecgateError, type FileStore, type MediaRequest } from '#libs/recording-model';
import type { AudioHttp } from '../audio-http.js';

/** A file that is to be played, not yet read. */
export interface MediaFile {
  readonly contentType: string | null;
  readonly body: AsyncIterable<Uint8Array>;
}

/** Where files come from. */
export interface MediaFileSources {
  readonly http: AudioHttp;
  /** The own store. */
  readonly files: Pick<FileStore, 'stat' | 'open'>;
  /**
   * The file behind one of the gateway's own public links; null when the URL is not one.
   * @throws RecgateError `request.not_found` when it is one and there is no such file
   */
  readonly ownLink: (url: URL) => Promise<MediaFile | null>;
}

/**
 * Opens what a document names: a file of the own store or an address.
 * @throws RecgateError as `PromptSource.fetch`
 */
export async function openMediaFile(
  request: MediaRequest,
  sources: MediaFileSources,
  signal: AbortSignal,
): Promise<MediaFile> {
  const url = URL.parse(request.url);
  if (url === null) throw new RecgateError('outbound.refused', 'The address of the audio is not a URL');
  if (url.protocol === 'media:') return openStored(url, request, sources.files);
  return (await sources.ownLink(url)) ?? download(url, request, sources.http, signal);
}

async function openStored(url: URL, request: MediaRequest, files: MediaFileSources['files']): Promise<MediaFile> {
  const { tenantId, applicationId } = request;
  for (const name of storedNames(url)) {
    const facts = await files.stat({ tenantId, applicationId, name });
    if (facts !== null) return { contentType: facts.contentType, body: files.open({ tenantId, applicationId, name }) };
  }
  throw new RecgateError('request.not_found', 'The media store has no such file');
}

/** Vendors spell names with a leading slash or without; `media:///a` may mean either. Other hosts than none name nothing here. */
function storedNames(url: URL): readonly string[] {
  if (url.host !== '') return [];
  const path = decoded(url.pathname);
  return path === null || path.length < 2 ? [] : [path.slice(1), path];
}

async function download(url: URL, request: MediaRequest, http: AudioHttp, signal: AbortSignal): Promise<MediaFile> {
  const answer = await http({ method: 'GET', url: request.url, userinfo: request.userinfo, signal });
  if (answer.status >= 200 && answer.status <= 299) return answer;
  await answer.body[Symbol.asyncIterator]().return?.();
  // The host alone: paths and queries of media links carry tokens.
  throw new RecgateError('outbound.failed', `The audio address at ${url.host} answered with status ${answer.status}`);
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}
