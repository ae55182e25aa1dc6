import type { CallMedia, Clock } from '#libs/recording-model';

/** Wall time of the simulation: the start time plus media time. */
export class CallClock implements Clock {
  private media: Pick<CallMedia, 'mediaTimeMs'> | null = null;

  constructor(private readonly start: Date) {}

  follow(media: Pick<CallMedia, 'mediaTimeMs'>): void {
    this.media = media;
  }

  /** Media time, ms. */
  get mediaTimeMs(): number {
    return this.media?.mediaTimeMs ?? 0;
  }

  now(): Date {
    return new Date(this.start.getTime() + this.mediaTimeMs);
  }
}
