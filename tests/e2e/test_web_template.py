import re
from typing import Any

import pytest

from maskinfra import layout
from maskservice.website import HEADERS
from tests.e2e.templates import Evaluator, Resource, of_type, read, resources

WEB = layout.INFRA / "web.yaml"
API_HOST = "abc123.execute-api.eu-central-1.amazonaws.com"
GIVEN: dict[str, str | int] = {"ApiDomain": API_HOST}
CERTIFICATE = "arn:aws:acm:us-east-1:111122223333:certificate/1"
OWN: dict[str, str | int] = {**GIVEN, "DomainName": "masks.example.org", "CertificateArn": CERTIFICATE}

# AWS's own policies (Amazon CloudFront Developer Guide, "Use managed cache policies", and that for requests).
CACHING_OPTIMIZED = "658327ea-f89d-4fab-a63d-7e88639e58f6"
CACHING_DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
ALL_VIEWER_EXCEPT_HOST_HEADER = "b689b0a8-53d0-40ab-baf2-68738e2966ac"


@pytest.fixture(scope="module")
def found() -> dict[str, Resource]:
    return resources(WEB, **GIVEN)


def distribution(found: dict[str, Resource]) -> dict[str, Any]:
    told: dict[str, Any] = of_type(found, "AWS::CloudFront::Distribution")["DistributionConfig"]
    return told


def output(name: str) -> str:
    return str(Evaluator(read(WEB), GIVEN).of(read(WEB)["Outputs"][name]["Value"]))


def test_nobody_reads_the_bucket_but_this_distribution(found: dict[str, Resource]) -> None:
    bucket = of_type(found, "AWS::S3::Bucket")
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    allowed, denied = of_type(found, "AWS::S3::BucketPolicy")["PolicyDocument"]["Statement"]
    assert (allowed["Effect"], allowed["Action"]) == ("Allow", "s3:GetObject")
    assert allowed["Principal"] == {"Service": "cloudfront.amazonaws.com"}
    assert allowed["Condition"]["StringEquals"]["AWS:SourceArn"].endswith(":distribution/${Distribution}")
    assert (denied["Effect"], denied["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})
    (site,) = (origin for origin in distribution(found)["Origins"] if origin["Id"] == "site")
    assert site["OriginAccessControlId"] == {"Ref": "SiteAccess"}
    access = of_type(found, "AWS::CloudFront::OriginAccessControl")["OriginAccessControlConfig"]
    assert access["SigningBehavior"] == "always"


def test_the_api_is_under_the_pages_own_address(found: dict[str, Resource]) -> None:
    told = distribution(found)
    (api,) = (origin for origin in told["Origins"] if origin["Id"] == "api")
    assert (api["DomainName"], api["OriginPath"]) == (API_HOST, "/prod")
    assert api["CustomOriginConfig"]["OriginProtocolPolicy"] == "https-only"
    (calls,) = told["CacheBehaviors"]
    assert (calls["PathPattern"], calls["TargetOriginId"]) == ("v1/*", "api")
    assert "POST" in calls["AllowedMethods"]
    assert calls["ViewerProtocolPolicy"] == "https-only"


def test_the_key_passes_and_no_answer_is_kept(found: dict[str, Resource]) -> None:
    (calls,) = distribution(found)["CacheBehaviors"]
    assert calls["CachePolicyId"] == CACHING_DISABLED
    assert calls["OriginRequestPolicyId"] == ALL_VIEWER_EXCEPT_HOST_HEADER
    assert distribution(found)["DefaultCacheBehavior"]["CachePolicyId"] == CACHING_OPTIMIZED


def test_an_error_of_the_api_is_not_replaced_by_a_page(found: dict[str, Resource]) -> None:
    assert "CustomErrorResponses" not in distribution(found)


def test_the_page_comes_with_the_same_rules_as_from_the_function(found: dict[str, Resource]) -> None:
    policy = of_type(found, "AWS::CloudFront::ResponseHeadersPolicy")["ResponseHeadersPolicyConfig"]
    security = policy["SecurityHeadersConfig"]
    told = {item["Header"]: item["Value"] for item in policy["CustomHeadersConfig"]["Items"]}
    told["Content-Security-Policy"] = security["ContentSecurityPolicy"]["ContentSecurityPolicy"]
    told["Referrer-Policy"] = security["ReferrerPolicy"]["ReferrerPolicy"]
    told["X-Content-Type-Options"] = "nosniff" if "ContentTypeOptions" in security else ""
    told["Cache-Control"] = re.findall(r"--cache-control (\S+)", output("SyncCommand"))[0]
    assert told == HEADERS
    assert security["StrictTransportSecurity"]["AccessControlMaxAgeSec"] >= 31_536_000
    for behaviour in (distribution(found)["DefaultCacheBehavior"], *distribution(found)["CacheBehaviors"]):
        assert behaviour["ResponseHeadersPolicyId"] == {"Ref": "PageHeaders"}


def test_one_has_a_domain_of_ones_own_with_a_certificate_or_cloudfronts(found: dict[str, Resource]) -> None:
    assert distribution(found)["ViewerCertificate"] == {"CloudFrontDefaultCertificate": True}
    assert "Aliases" not in distribution(found)
    own = distribution(resources(WEB, **OWN))
    assert own["Aliases"] == ["masks.example.org"]
    assert own["ViewerCertificate"]["AcmCertificateArn"] == CERTIFICATE
    assert own["ViewerCertificate"]["MinimumProtocolVersion"] == "TLSv1.2_2021"


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("ApiDomain", [API_HOST, "masks.example.org"], ["", "https://a.example", "a.example/prod", "*"]),
        ("ApiStage", ["", "/prod"], ["prod", "/prod/", "/a/b"]),
        ("CertificateArn", ["", CERTIFICATE], [CERTIFICATE.replace("us-east-1", "eu-central-1"), "*"]),
    ],
)
def test_parameters_are_checked_before_anything_is_made(name: str, good: list[str], bad: list[str]) -> None:
    pattern = read(WEB)["Parameters"][name]["AllowedPattern"]
    assert all(re.fullmatch(pattern, value) for value in good)
    assert not [value for value in bad if re.fullmatch(pattern, value)]


def test_what_is_uploaded_is_what_make_web_builds() -> None:
    folder = str(layout.SITE.relative_to(layout.ROOT))
    assert output("SyncCommand").startswith(f"aws s3 sync {folder} s3://")
    packed, place = output("RuntimeCommand").split()[3:5]
    assert packed == f"{folder}/{place.partition('/web/')[1].lstrip('/')}{place.partition('/web/')[2]}.gz"
    assert packed.endswith("vendor/ort/ort-wasm-simd-threaded.wasm.gz")
    assert "--content-encoding gzip" in output("RuntimeCommand")
