/** Families from before Nitro: https://docs.aws.amazon.com/ec2/latest/instancetypes/ec2-nitro-instances.html */
const OLDER =
  /^(t1|t2|m1|m2|m3|m4|c1|c3|c4|cc2|cr1|d2|f1|g2|g3|g3s|h1|hs1|i2|i3|p2|p3|r3|r4|x1|x1e)\.(?!metal$)/;

/** Whether EC2 hands out the newest console of machines of this type. */
export function isNitro(instanceType: string): boolean {
  return !OLDER.test(instanceType);
}
