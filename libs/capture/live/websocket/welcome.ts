import type { Duplex } from 'node:stream';

/**
 * Asked when a stream comes to a path that no call waits at. Answers with the path of a stream that is expected, token
 * included, where the connection then goes on; null: it is not let in.
 */
export type Welcome = (request: { readonly path: string; readonly query: URLSearchParams }) => Promise<string | null>;

/** Paths at which streams may come without a call that waits for them. */
export const WELCOME_PREFIX = '/applications/';
const DEFAULTS = { timeoutMs: 10_000, mostPending: 200 };

export type WelcomeAnswer = { readonly path: string } | { readonly refusal: string };

/** Asks on behalf of connections that are held meanwhile: so many at once, each for so long. */
export class Receptionist {
  private pending = 0;

  private readonly limits: typeof DEFAULTS;

  constructor(
    private readonly welcome: Welcome,
    limits: Partial<typeof DEFAULTS> = {},
  ) {
    this.limits = { ...DEFAULTS, ...limits };
  }

  /** Never throws; null when the connection has gone meanwhile. */
  async ask(url: URL, socket: Duplex): Promise<WelcomeAnswer | null> {
    if (this.pending >= this.limits.mostPending) return { refusal: '503 Service Unavailable' };
    this.pending++;
    let gone = false;
    const onGone = (): void => void (gone = true);
    socket.on('error', onGone).on('close', onGone);
    try {
      const answer = await this.answerTo(url);
      return gone ? null : answer;
    } finally {
      this.pending--;
      socket.off('error', onGone).off('close', onGone);
    }
  }

  private async answerTo(url: URL): Promise<WelcomeAnswer> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<WelcomeAnswer>((resolve) => {
      timer = setTimeout(() => resolve({ refusal: '504 Gateway Timeout' }), this.limits.timeoutMs);
    });
    try {
      return await Promise.race([this.invited(url), late]);
    } catch {
      return { refusal: '503 Service Unavailable' };
    } finally {
      clearTimeout(timer);
    }
  }

  private async invited({ pathname, searchParams }: URL): Promise<WelcomeAnswer> {
    const path = await this.welcome({ path: pathname, query: searchParams });
    return path === null ? { refusal: '404 Not Found' } : { path };
  }
}
