"""Fills the emulated account with the resources of a large account.

    crowd.py ENDPOINT REGION TOPIC GROUP SHARE

SHARE scales the amounts: 1 is 5 trails, 10,000 log groups, 100 filters on the group, 5,000 alarms, 100
subscriptions and 100,000 root events.
"""

import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import boto3
from botocore.config import Config

ENDPOINT, REGION, TOPIC, GROUP, SHARE = *sys.argv[1:5], float(sys.argv[5])
session = boto3.Session(region_name=REGION)


def client(service):
    return session.client(service, endpoint_url=ENDPOINT, config=Config(max_pool_connections=8))


logs, cloudwatch, sns, trail, s3 = (client(s) for s in ("logs", "cloudwatch", "sns", "cloudtrail", "s3"))


def scaled(count, minimum=1):
    return max(minimum, round(count * SHARE))


def in_parallel(create, count):
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(create, range(count)))


s3.create_bucket(Bucket="crowd", CreateBucketConfiguration={"LocationConstraint": REGION})
for i in range(4):
    trail.create_trail(Name=f"crowd-{i}", S3BucketName="crowd", IsMultiRegionTrail=i < 2)
in_parallel(lambda i: logs.create_log_group(logGroupName=f"rootbell/cloudtrail-{i:05}" if i % 2 else f"app/{i:05}"),
            scaled(10_000))
in_parallel(lambda i: logs.put_metric_filter(
    logGroupName=GROUP, filterName=f"crowd-{i:03}", filterPattern='{ $.eventName = "x" }',
    metricTransformations=[{"metricName": f"m{i}", "metricNamespace": "crowd", "metricValue": "1"}]), scaled(99))
in_parallel(lambda i: cloudwatch.put_metric_alarm(
    AlarmName=f"rootbell-root-use-{i:05}" if i % 2 else f"crowd-{i:05}", Namespace="crowd", MetricName=f"m{i}",
    Statistic="Sum", Period=300, EvaluationPeriods=1, Threshold=1,
    ComparisonOperator="GreaterThanOrEqualToThreshold"), scaled(5_000))
in_parallel(lambda i: sns.subscribe(TopicArn=TOPIC, Protocol="email", Endpoint=f"p{i}@example.com"), scaled(99))
logs.create_log_stream(logGroupName=GROUP, logStreamName="crowd")
now, total, batch = int(time.time() * 1000), scaled(100_000), 1_000
for start in range(0, total, batch):
    events = [
        {
            # Spread over the last five days, oldest first.
            "timestamp": now - 432_000_000 + (start + i) * 4_000 * 100_000 // max(total, 1),
            "message": json.dumps({
                "eventID": f"e{start + i}", "eventName": "ConsoleLogin", "eventSource": "signin.amazonaws.com",
                "eventType": "AwsConsoleSignIn", "awsRegion": "us-east-1", "sourceIPAddress": "203.0.113.7",
                "userIdentity": {"type": "Root"}, "responseElements": {"ConsoleLogin": "Success"}}),
        }
        for i in range(min(batch, total - start))
    ]
    logs.put_log_events(logGroupName=GROUP, logStreamName="crowd", logEvents=events)
