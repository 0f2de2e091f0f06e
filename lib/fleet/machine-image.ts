import { CfnParameter, Stack } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import type { Architecture } from '../architecture';

export interface MachineImageProps {
  readonly architecture: Architecture;
  /** @default the newest Amazon Linux 2023 whenever the stack is deployed */
  readonly imageId?: string;
}

/**
 * The AMI that everything begins with, as a parameter of the stack: CloudFormation then checks that it
 * exists when the change set is made, before anything changes.
 */
export function machineImageId(scope: IConstruct, props: MachineImageProps): string {
  const { architecture, imageId } = props;
  const source = imageId ?? `al2023-${architecture}`;
  // `cdk deploy` keeps the value that a parameter had before, whatever the template's default: another
  // image therefore needs another parameter.
  const id = `MachineImage${source.replace(/[^a-z0-9]/g, '')}`;
  const parameter = new CfnParameter(Stack.of(scope), id, {
    description: 'AMI that machines, or the images of releases, are made from',
    type: imageId ? 'AWS::EC2::Image::Id' : 'AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>',
    default: imageId ?? `/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-${architecture}`,
  });
  return parameter.valueAsString;
}
