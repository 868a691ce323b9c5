"""Constructor names of services: paws's, botocore's, and what dir(awsio) lists."""

from __future__ import annotations

import importlib.util
import keyword
import pkgutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import botocore
import botocore.session
import pytest

import awsio
from awsio.clients import names
from awsio.clients.service_table import BOTOCORE_VERSION

if TYPE_CHECKING:
    from types import ModuleType

ROOT = Path(__file__).resolve().parents[2]
PAWS_NAMES = ROOT / "tests" / "data" / "paws_services.txt"
TOOL = ROOT / "tools" / "service_names.py"

ENDED = "the service has ended and botocore has dropped its model"
NEVER = "botocore never had a model of it: paws took it from the models of the JavaScript SDK"

#: Names of paws for which botocore has no model, and why.
WITHOUT_MODEL = {
    "alexaforbusiness": ENDED,
    "backupstorage": ENDED,
    "cloudwatchevidently": ENDED,
    "codestar": ENDED,
    "elasticinference": ENDED,
    "elastictranscoder": ENDED,
    "finspace": ENDED,
    "finspacedata": ENDED,
    "gamesparks": ENDED,
    "honeycode": ENDED,
    "iot1clickdevicesservice": ENDED,
    "iot1clickprojects": ENDED,
    "iotanalytics": ENDED,
    "iotevents": ENDED,
    "ioteventsdata": ENDED,
    "iotfleethub": ENDED,
    "lookoutforvision": ENDED,
    "lookoutmetrics": ENDED,
    "macie": ENDED,
    "mobile": ENDED,
    "mobileanalytics": NEVER,
    "nimblestudio": ENDED,
    "opsworks": ENDED,
    "opsworkscm": ENDED,
    "panorama": ENDED,
    "qldb": ENDED,
    "qldbsession": ENDED,
    "robomaker": ENDED,
    "sms": ENDED,
    "telconetworkbuilder": ENDED,
    "worklink": ENDED,
}


def paws_names() -> list[str]:
    lines = PAWS_NAMES.read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


@pytest.fixture(scope="module")
def available() -> list[str]:
    services: list[str] = botocore.session.Session().get_available_services()
    return services


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    if not TOOL.exists():
        pytest.skip("the tools of the source tree are not here")
    spec = importlib.util.spec_from_file_location("service_names", TOOL)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("name", "service"),
    [
        ("bedrockruntime", "bedrock-runtime"),
        ("bedrock_runtime", "bedrock-runtime"),
        ("bedrock-runtime", "bedrock-runtime"),
        ("cloudwatchlogs", "logs"),
        ("logs", "logs"),
        ("lexruntimev2", "lexv2-runtime"),
        ("lexv2runtime", "lexv2-runtime"),
        ("lexv2_runtime", "lexv2-runtime"),
        ("lambda_", "lambda"),
        ("lambda", "lambda"),
        ("s3", "s3"),
        ("sagemakerruntime", "sagemaker-runtime"),
        ("sfn", "stepfunctions"),
        ("configservice", "config"),
        ("config", "config"),
        ("eventbridge", "events"),
        ("cloudwatchevents", "events"),
        ("events_", "events"),
        ("connect_", "connect"),
        ("pinpointsmsvoice", "pinpoint-sms-voice"),
        ("smsvoice", "sms-voice"),
        ("bedrockagentruntime", "bedrock-agent-runtime"),
        ("agentsforamazonbedrockruntime", "bedrock-agent-runtime"),
    ],
)
def test_a_name_means_its_service(name: str, service: str) -> None:
    assert names.resolve(name) == service


@pytest.mark.parametrize(
    "name", ["", "_", "s3_", "_s3", "bedrock__runtime", "Bedrock", "lambda__", "s3.control"]
)
def test_what_is_nearly_a_name_means_no_service(name: str) -> None:
    assert names.resolve(name) is None


@pytest.mark.parametrize("name", [name for name in paws_names() if name not in WITHOUT_MODEL])
def test_every_name_of_paws_means_a_service(name: str) -> None:
    assert names.resolve(name) in names.SERVICES


@pytest.mark.parametrize("name", WITHOUT_MODEL)
def test_a_name_of_paws_without_a_model_is_unknown_to_the_table(name: str) -> None:
    assert name in paws_names()
    assert names.resolve(name) is None


def test_every_service_of_the_table_is_one_of_botocore(available: list[str]) -> None:
    if botocore.__version__ != BOTOCORE_VERSION:
        pytest.skip(f"botocore is {botocore.__version__}, the table is of {BOTOCORE_VERSION}")
    assert sorted(available) == list(names.SERVICES)


def test_every_service_of_botocore_can_be_called_in_each_way(available: list[str]) -> None:
    for service in available:
        for separator in ("-", "", "_"):
            name = service.replace("-", separator)
            assert names.match(name, [service]) == service
            assert (names.resolve(name) or names.match(name, available)) == service


def test_every_service_has_a_constructor_name_that_finds_it(available: list[str]) -> None:
    for service in available:
        name = names.constructor_name(service)
        assert (names.resolve(name) or names.match(name, available)) == service


def test_constructor_names_are_one_a_service_and_sorted() -> None:
    listed = names.constructor_names()
    assert listed == sorted(set(listed))
    assert {names.resolve(name) for name in listed} == set(names.SERVICES)
    assert len(listed) == len(names.SERVICES)


def test_constructor_names_can_stand_as_attributes_of_the_package() -> None:
    for name in names.constructor_names():
        assert name.isidentifier()
        assert not keyword.iskeyword(name)
        assert name not in names.RESERVED_NAMES


def test_constructor_names_are_those_of_paws_where_paws_has_the_service() -> None:
    listed = {name.removesuffix("_") for name in names.constructor_names()}
    second_names = set(names.FORMER_NAMES)
    assert listed.issuperset(set(paws_names()) - set(WITHOUT_MODEL) - second_names)


def test_names_of_the_package_that_are_services_too_are_known() -> None:
    own = {module.name for module in pkgutil.iter_modules(awsio.__path__)}
    own |= set(getattr(awsio, "__all__", ()))
    assert {name for name in own if names.resolve(name)} <= names.RESERVED_NAMES


def test_the_tables_are_sorted_and_without_duplicates() -> None:
    assert list(names.ALIASES) == sorted(names.ALIASES)
    assert list(names.FORMER_NAMES) == sorted(names.FORMER_NAMES)
    assert sorted(set(names.SERVICES)) == list(names.SERVICES)
    assert len(set(names.ALIASES.values())) == len(names.ALIASES)


def test_an_alias_is_never_another_spelling_of_a_service() -> None:
    plain = {service.replace("-", "") for service in names.SERVICES}
    assert plain.isdisjoint(names.ALIASES)
    assert plain.isdisjoint(names.FORMER_NAMES)
    assert names.ALIASES.keys().isdisjoint(names.FORMER_NAMES)


def test_aliases_are_names_that_paws_has() -> None:
    assert {*names.ALIASES, *names.FORMER_NAMES} <= set(paws_names())


@pytest.mark.parametrize("name", ["quantum-foam", "quantumfoam", "quantum_foam"])
def test_match_finds_a_service_newer_than_the_table(name: str) -> None:
    assert names.resolve(name) is None
    assert names.match(name, [*names.SERVICES, "quantum-foam"]) == "quantum-foam"


def test_match_puts_an_underscore_to_a_new_service_named_as_a_keyword() -> None:
    assert names.match("async_", ["async"]) == "async"
    assert names.constructor_name("async") == "async_"


def test_match_finds_a_service_that_only_an_older_botocore_has() -> None:
    assert names.match("telconetworkbuilder", ["s3", "tnb"]) == "tnb"
    assert names.match("telconetworkbuilder", ["s3"]) is None


def test_match_takes_the_exact_name_before_an_alias() -> None:
    assert names.match("sfn", ["stepfunctions"]) == "stepfunctions"
    assert names.match("sfn", ["stepfunctions", "sfn"]) == "sfn"


def test_match_reads_available_services_from_any_iterable() -> None:
    assert names.match("bedrock_runtime", iter(["s3", "bedrock-runtime"])) == "bedrock-runtime"


@pytest.mark.parametrize(
    ("wrong", "first"),
    [
        ("bedrockruntme", "bedrockruntime"),
        ("bedrock_runtme", "bedrockruntime"),
        ("BedrockRuntime", "bedrockruntime"),
        ("cloudwatchlog", "cloudwatchlogs"),
        ("sagemaker_runtimes", "sagemakerruntime"),
        ("lamda", "lambda_"),
        ("conect", "connect_"),
        ("stepfunction", "stepfunctions"),
    ],
)
def test_a_mistyped_name_gets_the_right_one_first(wrong: str, first: str) -> None:
    assert names.suggest(wrong)[0] == first


def test_suggestions_are_at_most_three_of_different_services() -> None:
    near = names.suggest("bedrockagentruntim")
    assert len(near) == len({names.resolve(name) for name in near}) == 3
    assert None not in {names.resolve(name) for name in near}


def test_a_name_like_no_other_gets_no_suggestion() -> None:
    assert names.suggest("zzzzqqqq") == []
    assert names.suggest("") == []


def test_the_names_are_read_without_botocore() -> None:
    code = (
        "import sys, awsio.clients.names as names; names.constructor_names(); "
        "names.suggest('bedrok'); "
        "sys.exit(any(m in sys.modules for m in ('botocore', 'urllib3', 'jmespath')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    ("metadata", "name"),
    [
        ({"serviceFullName": "Amazon Bedrock Runtime"}, "bedrockruntime"),
        ({"serviceFullName": "AWS Step Functions", "serviceAbbreviation": "AWS SFN"}, "sfn"),
        ({"serviceFullName": "Elastic Load Balancing"}, "elb"),
        ({"serviceFullName": "Agents for Amazon Bedrock Runtime"}, "bedrockagentruntime"),
        (
            {"serviceFullName": " AWS Cost & Usage-Report ", "serviceAbbreviation": ""},
            "costusagereport",
        ),
    ],
)
def test_tool_makes_the_name_that_paws_makes(
    tool: ModuleType, metadata: dict[str, str], name: str
) -> None:
    assert tool.paws_name(metadata) == name


def test_tool_takes_only_names_that_paws_has(tool: ModuleType) -> None:
    models = {"logs": {"serviceFullName": "Amazon CloudWatch Logs"}}
    assert tool.build(models, ["cloudwatchlogs"]).aliases == {"cloudwatchlogs": "logs"}
    assert tool.build(models, []).aliases == {}


@pytest.mark.parametrize("second", ["cloudwatchlogs", "other"])
def test_tool_refuses_a_name_of_two_services(tool: ModuleType, second: str) -> None:
    metadata = {"serviceFullName": "Amazon CloudWatch Logs"}
    models = {"logs": metadata, second: metadata}
    with pytest.raises(ValueError, match="cloudwatchlogs"):
        tool.build(models, ["cloudwatchlogs"])


def test_tool_takes_a_name_written_by_hand_that_a_model_confirms(tool: ModuleType) -> None:
    models = {"tnb": {"serviceFullName": "AWS Telco Network Builder"}}
    table = tool.build(models, ["telconetworkbuilder"])
    assert table.aliases == {"telconetworkbuilder": "tnb"}


def test_tool_finds_a_table_stale_that_lacks_a_service(tool: ModuleType) -> None:
    fresh = tool.Table({"cloudwatchlogs": "logs"}, {}, ("logs", "s3"))
    assert tool.differences(fresh, fresh) == []
    assert tool.differences(tool.Table({}, {}, ("logs", "s3")), fresh)
    assert tool.differences(tool.Table({"cloudwatchlogs": "s3"}, {}, ("logs", "s3")), fresh)
    assert tool.differences(tool.Table({"cloudwatchlogs": "logs"}, {}, ("logs",)), fresh)


def test_tool_lets_a_table_know_more_than_an_older_botocore(tool: ModuleType) -> None:
    older = tool.Table({}, {}, ("s3",))
    table = tool.Table({"cloudwatchlogs": "logs"}, {}, ("logs", "s3"))
    assert tool.differences(table, older) == []


def test_tool_reads_the_table_that_it_writes(tool: ModuleType, tmp_path: Path) -> None:
    table = tool.Table({"cloudwatchlogs": "logs"}, {"cloudwatchevents": "events"}, ("logs", "s3"))
    path = tmp_path / "service_table.py"
    path.write_text(tool.render(table), encoding="utf-8")
    assert tool.read_table(path) == table
    assert tool.read_table(tmp_path / "absent.py") == tool.Table({}, {}, (), "0")


@pytest.mark.parametrize(("arguments", "status"), [(["--check"], 0), ([], 1)])
def test_tool_leaves_a_table_of_a_newer_botocore_alone(
    tool: ModuleType, tmp_path: Path, arguments: list[str], status: int
) -> None:
    path = tmp_path / "service_table.py"
    text = tool.render(tool.Table({}, {}, (), "999.0.0"))
    path.write_text(text, encoding="utf-8")
    assert tool.main([*arguments, "--table", str(path)]) == status
    assert path.read_text(encoding="utf-8") == text


def test_tool_compares_versions_as_numbers(tool: ModuleType) -> None:
    assert tool.Table({}, {}, (), "1.100.0").is_newer("1.44.5")
    assert not tool.Table({}, {}, (), "1.44.5").is_newer("1.44.5")


def test_tool_finds_the_committed_table_fresh(
    tool: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    if botocore.__version__ != BOTOCORE_VERSION:
        pytest.skip(f"botocore is {botocore.__version__}, the table is of {BOTOCORE_VERSION}")
    assert tool.main(["--check"]) == 0, capsys.readouterr().out


def test_tool_check_fails_on_an_empty_table_and_writes_nothing(
    tool: ModuleType, tmp_path: Path
) -> None:
    path = tmp_path / "service_table.py"
    assert tool.main(["--check", "--table", str(path)]) == 1
    assert not path.exists()
