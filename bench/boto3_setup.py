"""The same setup as `rootbell apply` creates, as a typical boto3 script: one call after the other."""

import json
import sys

import boto3

REGION, EMAIL = sys.argv[1], sys.argv[2]
PATTERN = (
    '{ $.userIdentity.type = "Root" && $.userIdentity.invokedBy NOT EXISTS && $.eventType != "AwsServiceEvent" }'
)

session = boto3.Session(region_name=REGION)
account = session.client("sts").get_caller_identity()["Account"]
s3, logs, iam = session.client("s3"), session.client("logs"), session.client("iam")
trail, sns, cloudwatch = session.client("cloudtrail"), session.client("sns"), session.client("cloudwatch")
bucket, group, role = f"rootbell-{account}-{REGION}", "rootbell/cloudtrail", f"rootbell-cloudtrail-to-logs-{REGION}"
trail_arn = f"arn:aws:cloudtrail:{REGION}:{account}:trail/rootbell"
group_arn = f"arn:aws:logs:{REGION}:{account}:log-group:{group}"


def statement(**fields):
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **fields}]}


s3.create_bucket(Bucket=bucket, ObjectOwnership="BucketOwnerEnforced",
                 CreateBucketConfiguration={"LocationConstraint": REGION})
s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration={
    "BlockPublicAcls": True, "IgnorePublicAcls": True, "BlockPublicPolicy": True, "RestrictPublicBuckets": True})
s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
cloudtrail = {"Service": "cloudtrail.amazonaws.com"}
s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": cloudtrail, "Action": "s3:GetBucketAcl", "Resource": f"arn:aws:s3:::{bucket}",
     "Condition": {"StringEquals": {"aws:SourceArn": trail_arn}}},
    {"Effect": "Allow", "Principal": cloudtrail, "Action": "s3:PutObject",
     "Resource": f"arn:aws:s3:::{bucket}/AWSLogs/{account}/*",
     "Condition": {"StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control", "aws:SourceArn": trail_arn}}},
    {"Effect": "Deny", "Principal": "*", "Action": "s3:*",
     "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"],
     "Condition": {"Bool": {"aws:SecureTransport": "false"}}}]}))
logs.create_log_group(logGroupName=group)
logs.put_retention_policy(logGroupName=group, retentionInDays=365)
role_arn = iam.create_role(RoleName=role, AssumeRolePolicyDocument=json.dumps(
    statement(Principal=cloudtrail, Action="sts:AssumeRole")))["Role"]["Arn"]
iam.put_role_policy(RoleName=role, PolicyName="deliver", PolicyDocument=json.dumps(statement(
    Action=["logs:CreateLogStream", "logs:PutLogEvents"],
    Resource=f"{group_arn}:log-stream:{account}_CloudTrail_{REGION}*")))
trail.create_trail(Name="rootbell", S3BucketName=bucket, IsMultiRegionTrail=True, IncludeGlobalServiceEvents=True,
                   EnableLogFileValidation=True, CloudWatchLogsLogGroupArn=f"{group_arn}:*",
                   CloudWatchLogsRoleArn=role_arn)
trail.start_logging(Name="rootbell")
topic = sns.create_topic(Name="rootbell-alerts")["TopicArn"]
sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=json.dumps(statement(
    Principal={"Service": "cloudwatch.amazonaws.com"}, Action="sns:Publish", Resource=topic,
    Condition={"StringEquals": {"aws:SourceAccount": account}})))
sns.subscribe(TopicArn=topic, Protocol="email", Endpoint=EMAIL)
logs.put_metric_filter(logGroupName=group, filterName="rootbell-root-use", filterPattern=PATTERN,
                       metricTransformations=[{"metricName": "RootUse", "metricNamespace": "rootbell",
                                               "metricValue": "1", "defaultValue": 0}])
cloudwatch.put_metric_alarm(AlarmName="rootbell-root-use", Namespace="rootbell", MetricName="RootUse",
                            Statistic="Sum", Period=300, EvaluationPeriods=1, Threshold=1,
                            ComparisonOperator="GreaterThanOrEqualToThreshold", TreatMissingData="notBreaching",
                            AlarmActions=[topic])
