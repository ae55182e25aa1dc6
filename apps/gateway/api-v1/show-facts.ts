import { ERROR_CATALOGUE, type DeletionAttempt, type Failure, type RecordingEvent } from '#libs/recording-model';

/** A failure as it is shown: what went wrong inside the gateway may name local files, so only its kind is told. */
export function showFailure(failure: Failure): Failure {
  return failure.blame === 'gateway' ? { ...failure, message: ERROR_CATALOGUE[failure.code].title } : failure;
}

/** An attempt to delete a file as it is shown. */
export function showDeletion(attempt: DeletionAttempt): DeletionAttempt {
  const { failure } = attempt;
  if (failure === undefined || ERROR_CATALOGUE[failure.code].blame !== 'gateway') return attempt;
  return { ...attempt, failure: { ...failure, message: ERROR_CATALOGUE[failure.code].title } };
}

/** An event as it is shown. */
export function showEvent(event: RecordingEvent): RecordingEvent {
  return event.failure === undefined ? event : { ...event, failure: showFailure(event.failure) };
}
