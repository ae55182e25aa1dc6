import type { JsonObject, Party, RecordingState, VendorName } from '#libs/recording-model';
import { isTerminal } from '#libs/recording-model';
import type { RecordingDto } from '../../../apps/gateway/api-v1/recordings/recording.dto.js';
import type { GatewayApi } from './gateway-api.js';
import type { LiveGateway } from './live-gateway.js';
import { RtpPhone, TELEPHONE_EVENT } from './phone.js';
import { until } from './until.js';

export interface CallPlan {
  readonly vendor: VendorName;
  readonly settings: Readonly<Record<string, string>>;
  /** The call is this application's; absent: an application is made of `settings`. */
  readonly applicationId?: string;
  /** The call as the application sees it; what is left out is that of `DEFAULT_CALL`. */
  readonly call?: JsonObject;
  /** Default: both. */
  readonly parties?: readonly Party[];
  /** Whether key presses come as RFC 4733; otherwise they are looked for in the audio. Default: they do. */
  readonly telephoneEvents?: boolean;
  /** Default: yes. */
  readonly answered?: boolean;
  /** Whether the application is asked for its first document. Default: yes. */
  readonly fetchDocument?: boolean;
}

export const CALLER_NUMBER = '+15165550138';
export const CALLEE_NUMBER = '+15165550137';

/** A call in progress and the two telephones on it. */
export class JourneyCall {
  private constructor(
    readonly gateway: LiveGateway,
    readonly applicationId: string,
    readonly callRef: string,
    private readonly phones: Readonly<Partial<Record<Party, RtpPhone>>>,
  ) {}

  static async place(gateway: LiveGateway, plan: CallPlan): Promise<JourneyCall> {
    const applicationId = plan.applicationId ?? (await gateway.api.application(plan.vendor, plan.settings));
    const { parties = ['caller', 'callee'], telephoneEvents = true, answered = true, fetchDocument = true } = plan;
    const leg = {
      transport: 'rtp',
      codec: 'PCMU',
      ...(telephoneEvents ? { telephoneEventPayloadType: TELEPHONE_EVENT } : {}),
    };
    const { callRef, media } = await gateway.api.createCall({
      applicationId,
      call: { from: CALLER_NUMBER, to: CALLEE_NUMBER, ...plan.call },
      legs: Object.fromEntries(parties.map((party) => [party, leg])),
      answered,
      fetchDocument,
    });
    const phones = parties.map(
      (party) => [party, gateway.phones.add(new RtpPhone(media[party]?.address ?? ''))] as const,
    );
    return new JourneyCall(gateway, applicationId, callRef, Object.fromEntries(phones));
  }

  /** Telephones for a call that an application had the gateway make; each party sends from now on. */
  static async pickUp(
    gateway: LiveGateway,
    callRef: string,
    parties: readonly Party[] = ['caller', 'callee'],
  ): Promise<JourneyCall> {
    const { applicationId, media } = await gateway.api.call(callRef);
    const phones = parties.map(
      (party) => [party, gateway.phones.add(new RtpPhone(media[party]?.address ?? ''))] as const,
    );
    return new JourneyCall(gateway, applicationId, callRef, Object.fromEntries(phones));
  }

  get caller(): RtpPhone {
    return this.phone('caller');
  }

  get callee(): RtpPhone {
    return this.phone('callee');
  }

  get api(): GatewayApi {
    return this.gateway.api;
  }

  /** Recordings of the call, oldest first. */
  recordings(): Promise<RecordingDto[]> {
    return this.api.recordingsOf(this.callRef);
  }

  /** Waits until the recording with this number (from 0) is in one of the states. */
  reaches(number: number, ...states: readonly RecordingState[]): Promise<RecordingDto> {
    return until(`recording ${number} of ${this.callRef} is ${states.join(' or ')}`, async () => {
      const recording = (await this.recordings())[number];
      if (recording !== undefined && !states.includes(recording.state) && isTerminal(recording.state)) {
        throw new Error(
          `The recording is ${recording.state}, not ${states.join(' or ')}: ${JSON.stringify(recording.failure ?? recording.history)}`,
        );
      }
      return recording !== undefined && states.includes(recording.state) ? recording : null;
    });
  }

  /** Waits until the recording takes audio. */
  capturing(number = 0): Promise<RecordingDto> {
    return this.reaches(number, 'capturing');
  }

  available(number = 0): Promise<RecordingDto> {
    return this.reaches(number, 'available');
  }

  /** Waits until the telephones have said everything. */
  async said(): Promise<void> {
    await until('everything is said', () => Object.values(this.phones).every((phone) => phone.quiet));
  }

  async event(event: { readonly type: string; readonly key?: string; readonly party?: Party }): Promise<void> {
    await this.api.post(`/v1/calls/${this.callRef}/events`, event);
  }

  async control(recordingId: string, action: 'stop' | 'pause' | 'resume' | 'mask' | 'unmask'): Promise<void> {
    await this.api.post(`/v1/recordings/${recordingId}/${action}`);
  }

  async hangup(party?: Party): Promise<void> {
    await this.event({ type: 'hangup', ...(party === undefined ? {} : { party }) });
  }

  /** Waits for the end of the call, whoever ends it; the telephones fall silent. */
  async ended(): Promise<void> {
    await until(`${this.callRef} has ended`, async () => (await this.api.call(this.callRef)).state === 'ended');
    for (const phone of Object.values(this.phones)) this.gateway.phones.remove(phone);
  }

  private phone(party: Party): RtpPhone {
    const phone = this.phones[party];
    if (phone === undefined) throw new Error(`The call has no ${party}`);
    return phone;
  }
}
