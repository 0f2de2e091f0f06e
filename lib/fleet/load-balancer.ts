import { Duration, Validations } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as elb from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { Construct } from 'constructs';
import type { Release } from '../release/manifest';

export interface LoadBalancerProps {
  readonly vpc: ec2.IVpc;
  /** One in each zone. */
  readonly subnets: readonly ec2.ISubnet[];
  readonly release: Release;
  /** Certificate in ACM: HTTPS is served, and HTTP redirected to it. @default HTTP alone */
  readonly certificateArn?: string;
}

/** The fleet's entrance, and the health checks that say which machines serve. */
export class LoadBalancer extends Construct {
  readonly url: string;
  readonly targetGroup: elb.ApplicationTargetGroup;
  /** Forwards to the target group, whose targets get no health checks before. It stands after all other listeners. */
  readonly listener: elb.ApplicationListener;
  readonly loadBalancer: elb.ApplicationLoadBalancer;
  private readonly port: number;
  private readonly securityGroup: ec2.SecurityGroup;

  constructor(scope: Construct, id: string, props: LoadBalancerProps) {
    super(scope, id);
    const { vpc, release, certificateArn } = props;
    this.securityGroup = new ec2.SecurityGroup(this, 'SecurityGroup', {
      vpc,
      description: 'Visitors to the load balancer',
      allowAllOutbound: false,
    });
    this.loadBalancer = new elb.ApplicationLoadBalancer(this, 'LoadBalancer', {
      vpc,
      vpcSubnets: { subnets: [...props.subnets] },
      internetFacing: true,
      securityGroup: this.securityGroup,
      dropInvalidHeaderFields: true,
    });
    this.port = release.service.port;
    this.targetGroup = new elb.ApplicationTargetGroup(this, 'TargetGroup', {
      vpc,
      targetType: elb.TargetType.INSTANCE,
      protocol: elb.ApplicationProtocol.HTTP,
      port: release.service.port,
      deregistrationDelay: Duration.seconds(30),
      healthCheck: {
        path: release.service.healthPath,
        interval: Duration.seconds(10),
        timeout: Duration.seconds(5),
        healthyThresholdCount: 2,
        unhealthyThresholdCount: 2,
        healthyHttpCodes: '200',
      },
    });
    this.listener = this.listen(certificateArn);
    this.url = `${certificateArn ? 'https' : 'http'}://${this.loadBalancer.loadBalancerDnsName}/`;
    this.acknowledgeFindings();
  }

  /**
   * Listens on port 80 and, with a certificate, on 443. A port takes one listener, and CloudFormation removes a
   * resource at the end of an update: what listens on a port must stay the same resource, whatever it does there.
   */
  private listen(certificateArn: string | undefined): elb.ApplicationListener {
    const http = this.loadBalancer.addListener('Listener', {
      protocol: elb.ApplicationProtocol.HTTP,
      defaultAction: certificateArn
        ? elb.ListenerAction.redirect({ protocol: 'HTTPS', port: '443', permanent: true })
        : elb.ListenerAction.forward([this.targetGroup]),
    });
    if (certificateArn === undefined) return http;
    const https = this.loadBalancer.addListener('HttpsListener', {
      protocol: elb.ApplicationProtocol.HTTPS,
      certificates: [elb.ListenerCertificate.fromArn(certificateArn)],
      sslPolicy: elb.SslPolicy.RECOMMENDED_TLS,
      defaultTargetGroups: [this.targetGroup],
    });
    // Of an older fleet, the other one is on port 443 until then.
    https.node.addDependency(http);
    return https;
  }

  /** Lets the load balancer, and nothing else, reach a machine on the release's port. */
  allowTo(machines: ec2.SecurityGroup): void {
    const rule = {
      description: 'Requests and health checks',
      ipProtocol: 'tcp',
      fromPort: this.port,
      toPort: this.port,
    };
    const [from, to] = [this.securityGroup.securityGroupId, machines.securityGroupId];
    // The CDK's own rules between two groups have the stack's name in their ids.
    new ec2.CfnSecurityGroupEgress(this, 'ToMachines', {
      ...rule,
      groupId: from,
      destinationSecurityGroupId: to,
    });
    new ec2.CfnSecurityGroupIngress(this, 'FromEntrance', {
      ...rule,
      groupId: to,
      sourceSecurityGroupId: from,
    });
  }

  private acknowledgeFindings(): void {
    Validations.of(this.securityGroup).acknowledge({
      id: 'AwsSolutions-EC23',
      reason: 'It is the public entrance of a web application: visitors come from everywhere.',
    });
    Validations.of(this.loadBalancer).acknowledge({
      id: 'AwsSolutions-ELB2',
      reason:
        'Access logs hold the addresses of visitors. Who keeps them, and for how long, is for the operator of the application to decide.',
    });
  }
}
