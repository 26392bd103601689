//! Credentials that the machine provides, and networks that don't work.

use super::readable;
use crate::support::program::Program;
use crate::support::stand_in::{Asked, Response, StandIn, refusal, signed_in};

type Answer = fn(&Asked) -> Response;

const KEYS: &str = r#"{"Code":"Success","Type":"AWS-HMAC","AccessKeyId":"ASIAMACHINE","SecretAccessKey":"hush","Token":"hush","Expiration":"2999-01-01T00:00:00Z"}"#;

/// What the metadata service of an instance answers, and STS.
fn instance(asked: &Asked) -> Response {
    let text = match asked.action.as_str() {
        "/latest/api/token" => "token",
        "/latest/meta-data/iam/security-credentials/" | "/latest/meta-data/iam/security-credentials-extended/" => "web",
        path if path.ends_with("/web") || path == "/creds" => KEYS,
        _ => return signed_in(asked),
    };
    (200, "text/plain", text.to_owned())
}

fn program(aws: &StandIn, kind: &str, config: &str) -> Program {
    let program = Program::new(&["status"]).env("AWS_ENDPOINT_URL", aws.url()).env("AWS_REGION", "eu-west-1");
    let program = program.file(".aws/config", config);
    match kind {
        "container" => program.env("AWS_CONTAINER_CREDENTIALS_FULL_URI", format!("{}/creds", aws.url())),
        _ => program.env("AWS_EC2_METADATA_SERVICE_ENDPOINT", aws.url()).env("AWS_EC2_METADATA_DISABLED", "false"),
    }
}

const ROLE_ON_INSTANCE: &str = "[default]\nrole_arn = arn:aws:iam::123456789012:role/Admin\n\
                                credential_source = Ec2InstanceMetadata\n";
const ROLE_IN_CONTAINER: &str = "[default]\nrole_arn = arn:aws:iam::123456789012:role/Admin\n\
                                 credential_source = EcsContainer\n";

#[test]
fn the_credentials_of_a_container_and_of_an_instance_are_used_also_to_assume_a_role() {
    for (kind, config, key) in [
        ("container", "", "ASIAMACHINE"),
        ("instance", "", "ASIAMACHINE"),
        ("container", ROLE_IN_CONTAINER, "ASIAROLE"),
        ("instance", ROLE_ON_INSTANCE, "ASIAROLE"),
    ] {
        let aws = StandIn::start(instance);
        let said = program(&aws, kind, config).output().exits(3);
        let asked = aws.asked("GetCallerIdentity");
        assert_eq!(asked.first().map(|asked| asked.key.as_str()), Some(key), "{kind} {config} {said:#?}");
        let role = aws.asked("AssumeRole");
        assert!(role.iter().all(|asked| asked.key == "ASIAMACHINE"), "{role:#?}");
    }
}

#[test]
fn what_the_machine_does_not_provide_is_said_with_its_place() {
    let rows: [(&str, &str, Answer, &[&str]); 5] = [
        (
            "container",
            "",
            |_| (403, "text/plain", "no".into()),
            &[
                "The container has no credentials (the endpoint for the container's credentials returned HTTP 403; profile \
               `default`, Region eu-west-1 from AWS_REGION). Check the container's role",
            ],
        ),
        (
            "container",
            ROLE_IN_CONTAINER,
            |_| (403, "text/plain", "no".into()),
            &["The container has no credentials", "Check the container's role"],
        ),
        (
            "container",
            "",
            |asked| match asked.action.as_str() {
                "/creds" => (200, "text/plain", KEYS.into()),
                _ => refusal(403, "ExpiredToken", "The security token included in the request is expired"),
            },
            &["the container's credentials have expired", "They are renewed automatically"],
        ),
        (
            "instance",
            ROLE_ON_INSTANCE,
            |_| (404, "text/plain", "no".into()),
            &["The EC2 instance has no credentials (", "Check that the instance has an instance profile"],
        ),
        (
            "instance",
            "",
            |asked| match asked.action.as_str() {
                "GetCallerIdentity" => refusal(403, "InvalidClientTokenId", "invalid"),
                _ => instance(asked),
            },
            &["AWS does not accept the EC2 instance's credentials (invalid; ", "They are renewed automatically"],
        ),
    ];
    for (kind, config, answer, expected) in rows {
        let aws = StandIn::start(answer);
        let said = program(&aws, kind, config).output().exits(1).with_empty_stdout();
        readable(&said);
        for part in expected {
            assert!(said.stderr.contains(part), "{kind}: no {part:?} in {said:#?}");
        }
    }
}

#[test]
fn the_environment_as_a_credential_source_must_have_keys() {
    let aws = StandIn::start(instance);
    let config = "[default]\nrole_arn = arn:aws:iam::123456789012:role/Admin\ncredential_source = Environment\n";
    let said = program(&aws, "none", config).output().exits(1);
    readable(&said);
    said.stderr_contains("Profile `default` takes its keys from the environment, where there are none")
        .stderr_contains("Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY");
}
