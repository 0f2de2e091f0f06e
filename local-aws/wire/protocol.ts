import type { Fault } from '../core/fault';
import type { Service } from '../core/service';
import type { WireRequest, WireResponse } from './http';
import type { ErrorModel, OperationModel, ServiceModel } from './model';

/** A request's meaning. */
export interface ParsedCall {
  readonly operation: string;
  readonly input: object;
}

/** One of AWS's wire protocols, seen from the server. */
export interface Protocol {
  /** @throws Fault when no operation answers to the request */
  read(request: WireRequest, model: ServiceModel, service: Service): Promise<ParsedCall> | ParsedCall;
  write(
    output: object,
    operation: OperationModel,
    model: ServiceModel,
    requestId: string,
  ): Promise<WireResponse> | WireResponse;
  /** @param model left out when the service itself is unknown */
  writeFault(fault: Fault, model: ServiceModel | undefined, requestId: string): WireResponse;
}

/** Status of a fault: the service's own word, or else what its model says of this error. */
export function faultStatus(fault: Fault, error: ErrorModel | undefined): number {
  return fault.status === 400 ? (error?.status ?? 400) : fault.status;
}

/** Who is to blame, in the query protocols' words. */
export function faultType(status: number): 'Sender' | 'Receiver' {
  return status < 500 ? 'Sender' : 'Receiver';
}
