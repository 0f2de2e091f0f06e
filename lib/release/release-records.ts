import {
  type GetParameterCommandInput,
  type GetParameterCommandOutput,
  ParameterAlreadyExists,
  ParameterNotFound,
  type PutParameterCommandInput,
  type PutParameterCommandOutput,
} from '@aws-sdk/client-ssm';
import type { ReleaseRecords } from './released-version-step';

/** What keeping records calls. The SDK's own client fits. */
export interface ParameterClient {
  getParameter(input: GetParameterCommandInput): Promise<GetParameterCommandOutput>;
  putParameter(input: PutParameterCommandInput): Promise<PutParameterCommandOutput>;
}

/** Records of released versions in Systems Manager's parameter store. */
export function releaseRecords(ssm: ParameterClient): ReleaseRecords {
  return {
    async read(parameterName) {
      try {
        const { Parameter } = await ssm.getParameter({ Name: parameterName });
        return Parameter?.Value;
      } catch (error) {
        if (error instanceof ParameterNotFound) return undefined;
        throw error;
      }
    },
    async writeOnce(Name, Value, Description) {
      try {
        await ssm.putParameter({ Name, Value, Description, Type: 'String', Overwrite: false });
        return true;
      } catch (error) {
        if (error instanceof ParameterAlreadyExists) return false;
        throw error;
      }
    },
  };
}
