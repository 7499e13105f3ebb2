# Two alternating users in Python. RDS manages and rotates the administrator's secret.
import pulumi
import pulumi_aws as aws
import pulumi_secrets_rotation as secrets_rotation

config = pulumi.Config()
kms_key_arn = config.require("kmsKeyArn")

# A database whose master password RDS manages (`manage_master_user_password`).
database = aws.rds.get_instance_output(db_instance_identifier=config.require("databaseIdentifier"))
admin = database.master_user_secrets[0]

rotation = secrets_rotation.RotationFunction(
    "rotation",
    name="rotation",
    vpc_id=config.require("vpcId"),
    subnet_ids=config.require_object("subnetIds"),
    endpoint_security_group_id=config.require("endpointSecurityGroupId"),
    kms_key_arn=kms_key_arn,
    secret_name_patterns=["reporting/db"],
    admin_secret_arns=[admin.secret_arn],
    additional_kms_key_arns=[admin.kms_key_id],
)
path = secrets_rotation.NetworkPath(
    "reporting",
    from_security_group_id=rotation.security_group_id,
    to_security_group_id=config.require("databaseSecurityGroupId"),
    port=5432,
    description="Rotation function to the reporting database",
)
reporting = secrets_rotation.RotatedSecret(
    "reporting",
    name="reporting/db",
    kms_key_id=kms_key_arn,
    host=database.address,
    port=database.port,
    dbname="reporting",
    username="reporting",
    strategy=secrets_rotation.Strategy.ALTERNATING_USERS,
    admin_secret_arn=admin.secret_arn,
    # If the first rotation creates the user, the user becomes a member of this role.
    member_of=["reporting_owner"],
    rotation_rules=secrets_rotation.RotationRulesArgs(
        schedule_expression="rate(7 days)",
        duration="3h",
    ),
    rotation_lambda_arn=rotation.rotation_lambda_arn,
    opts=pulumi.ResourceOptions(depends_on=[path]),
)

pulumi.export("secretArn", reporting.secret_arn)
