"""Fills an emulated account as full as AWS's quotas let it be.

    fill.py REGION SCALE
"""

import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import boto3
from botocore.config import Config

REGION, SCALE = sys.argv[1], float(sys.argv[2])
session = boto3.Session(region_name=REGION)
config = Config(max_pool_connections=8, retries={"max_attempts": 5})


def client(name):
    return session.client(name, config=config)


def many(full):
    return max(1, int(full * SCALE))


def each(count, make):
    with ThreadPoolExecutor(4) as pool:
        for _ in pool.map(make, range(count)):
            pass
    return count


logs, cloudwatch, sns, trail, s3 = client("logs"), client("cloudwatch"), client("sns"), client("cloudtrail"), client("s3")
account = session.client("sts").get_caller_identity()["Account"]
group, topic = "rootbell/cloudtrail", f"arn:aws:sns:{REGION}:{account}:rootbell-alerts"


def a_trail(n):
    s3.create_bucket(Bucket=f"theirs-{n}", CreateBucketConfiguration={"LocationConstraint": REGION})
    trail.create_trail(Name=f"theirs-{n}", S3BucketName=f"theirs-{n}")


def a_filter(n):
    logs.put_metric_filter(logGroupName=group, filterName=f"theirs-{n}", filterPattern="{ $.eventName = Other }",
                           metricTransformations=[{"metricName": f"Other{n}", "metricNamespace": "theirs", "metricValue": "1"}])


def an_alarm(n):
    cloudwatch.put_metric_alarm(AlarmName=f"theirs-{n:05}", Namespace="AWS/EC2", MetricName="CPUUtilization",
                                Statistic="Average", Period=300, EvaluationPeriods=1, Threshold=90,
                                ComparisonOperator="GreaterThanThreshold")


def events(total):
    """Over the last six days, oldest first, in the batches that CloudWatch Logs takes."""
    logs.create_log_stream(logGroupName=group, logStreamName="bench")
    now, span = int(time.time() * 1000), 6 * 24 * 3600 * 1000
    made = 0
    while made < total:
        batch = []
        for n in range(made, min(made + 1000, total)):
            at = now - span + n * span // total
            stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at / 1000))
            batch.append({"timestamp": at, "message": json.dumps({
                "eventVersion": "1.11", "eventID": f"bench-{n}", "eventTime": stamp, "eventName": "ConsoleLogin",
                "eventSource": "signin.amazonaws.com", "eventType": "AwsConsoleSignIn", "awsRegion": "us-east-1",
                "sourceIPAddress": "198.51.100.7", "userAgent": "Mozilla/5.0",
                "userIdentity": {"type": "Root", "accountId": account, "arn": f"arn:aws:iam::{account}:root"},
                "responseElements": {"ConsoleLogin": "Success"}, "additionalEventData": {"MFAUsed": "No"}})})
        logs.put_log_events(logGroupName=group, logStreamName="bench", logEvents=batch)
        made += len(batch)
    return made


made = {
    "trails": 1 + each(4, a_trail),
    "log groups": 1 + each(many(10_000) - 1, lambda n: logs.create_log_group(logGroupName=f"rootbell/cloudtrail-{n:05}")),
    "filters": 1 + each(many(100) - 1, a_filter),
    "alarms": 1 + each(many(5_000) - 1, an_alarm),
    "subscriptions": 1 + each(many(100) - 1, lambda n: sns.subscribe(TopicArn=topic, Protocol="email", Endpoint=f"someone-{n}@example.com")),
    "root events": events(many(100_000)),
}
print(", ".join(f"{count:,} {what}" for what, count in made.items()))
