/** Properties of a Custom::Rollout that goes from 1.0.0 to 1.1.0, as CloudFormation passes them. */
export function rolloutProperties(changed: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return {
    GroupName: 'guestbook',
    LaunchTemplateId: 'lt-1',
    TargetVersion: '2',
    TargetGroupArn: 'arn:tg',
    AlarmNames: ['sick-hosts'],
    MinHealthyPercentage: '100',
    MaxHealthyPercentage: '200',
    SkipMatching: 'true',
    ProgressDeadlineSeconds: '900',
    TimeoutSeconds: '2700',
    Part: '0',
    Parts: '1',
    Gates: [],
    AcceptFindings: [],
    Application: 'guestbook',
    Version: '1.1.0',
    ReleaseDigest: 'd'.repeat(64),
    ChangeCause: 'New look',
    LivesBeside: '^1.0.0',
    HealthPath: '/health',
    LedgerTable: 'ledger',
    Pin: '',
    Restart: '',
    ...changed,
  };
}
