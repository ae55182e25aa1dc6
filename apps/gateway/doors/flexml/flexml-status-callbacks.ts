import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { bodyOfUntold, UNTOLD_OF_ALL, untoldOf, viewApplication, type UntoldRequest } from '#libs/orchestration';
import { toRecgateError, type SendOutcome, type StoredDocument } from '#libs/recording-model';
import { flexml } from '#libs/vendor-adapters';
import { GATEWAY, type GatewayContext } from '../../runtime-token.js';
import { inLanes } from './in-lanes.js';

const TICK_MS = 5000;
/** Whoever takes an attempt upon himself has so long; then it is anybody's again, ms. Longer than an attempt may take. */
const CLAIM_MS = 120_000;

/**
 * Tells status callbacks again that nobody has heard (contract §1.4: retries with back-off for callbacks). The first
 * attempt is the media node's; each gateway process looks for what is due, one of them makes it.
 */
@Injectable()
export class FlexmlStatusCallbacks implements OnApplicationBootstrap, OnModuleDestroy {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | null = null;

  constructor(@Inject(GATEWAY) private readonly gateway: GatewayContext) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => this.tick(), TICK_MS);
    this.timer.unref();
  }

  async onModuleDestroy(): Promise<void> {
    clearInterval(this.timer);
    await this.running;
  }

  /** Makes what is due once. */
  async tellDue(): Promise<void> {
    const now = this.now().getTime();
    const kept = await this.documents.list(flexml.FLEXML_UNTOLD, UNTOLD_OF_ALL);
    const due = kept.filter((document) => Date.parse(untoldOf(document).dueAt) <= now);
    await inLanes(due, (document) =>
      this.tell(document).catch((thrown: unknown) => this.warn(document.id, toRecgateError(thrown).message)),
    );
  }

  private tick(): void {
    this.running ??= this.tellDue()
      .catch((thrown: unknown) => this.warn(null, toRecgateError(thrown).message))
      .finally(() => (this.running = null));
  }

  private async tell(seen: StoredDocument): Promise<void> {
    const claimed = await this.claim(seen);
    if (claimed === null) return;
    const { request, applicationId, attempts } = claimed;
    const { ports } = this.gateway;
    const application = await ports.ledger.applications.get(applicationId);
    if (application === null) return this.write(seen.id, null);
    const { secrets } = viewApplication(ports, application);
    const options = { webhookId: seen.id, secrets, signingKey: null, now: this.now(), fallback: false };
    const outcome = await ports.sender.send(request, options);
    await this.settle(seen.id, { ...claimed, attempts: attempts + 1 }, outcome);
  }

  private async settle(id: string, untold: UntoldRequest, outcome: SendOutcome): Promise<void> {
    const policy = { policy: 'durable', fallbackUrl: null } as const;
    const next = this.gateway.ports.sender.next(policy, untold.attempts, outcome, this.now());
    if (next.kind === 'retry') return this.write(id, { ...untold, dueAt: next.at.toISOString() });
    if (next.kind !== 'delivered') this.warn(id, outcome.error ?? `status ${outcome.status ?? ''}`);
    await this.write(id, null);
  }

  /** Null when somebody else makes this attempt. */
  private async claim({ id, version }: StoredDocument): Promise<UntoldRequest | null> {
    const dueAt = new Date(this.now().getTime() + CLAIM_MS).toISOString();
    const { applied, document } = await this.documents.update(flexml.FLEXML_UNTOLD, UNTOLD_OF_ALL, id, (current) =>
      current?.version === version ? { body: bodyOfUntold({ ...untoldOf(current), dueAt }), sealed: null } : null,
    );
    return applied && document !== null ? untoldOf(document) : null;
  }

  private async write(id: string, untold: UntoldRequest | null): Promise<void> {
    await this.documents.update(flexml.FLEXML_UNTOLD, UNTOLD_OF_ALL, id, (current) => {
      if (untold !== null) return { body: bodyOfUntold(untold), sealed: null };
      return current === null ? null : 'remove';
    });
  }

  private get documents() {
    return this.gateway.ports.ledger.documents;
  }

  private now(): Date {
    return this.gateway.ports.clock.now();
  }

  private warn(id: string | null, reason: string): void {
    this.gateway.ports.log.warn('a status callback is told to nobody', { id, reason });
  }
}
