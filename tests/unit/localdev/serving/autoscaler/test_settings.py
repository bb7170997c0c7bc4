from dataclasses import replace

import pytest

from localdev.serving.autoscaler.settings import ClusterSettings, ScaleSettings

PREFIX = "autoscaling.knative.dev/"
LIMITED = {"max-scale": "1", "max-scale-limit": "2"}


def resolve(
    annotations: dict[str, str] | None = None,
    container_concurrency: int = 0,
    cluster: dict[str, str] | None = None,
) -> ScaleSettings:
    named = {f"{PREFIX}{name}": value for name, value in (annotations or {}).items()}
    return ScaleSettings.resolve(named, container_concurrency, ClusterSettings.of(cluster or {}))


def test_knative_s_defaults():
    assert resolve() == ScaleSettings(
        metric="concurrency",
        total=100,
        target=70,
        stable_window_seconds=60,
        panic_window_seconds=6,
        panic_threshold=2,
        target_burst_capacity=211,
        min_scale=0,
        max_scale=0,
        initial_scale=1,
        activation_scale=0,
        scale_down_delay_seconds=0,
        retention_seconds=0,
        aggregation="linear",
        max_scale_up_rate=1000,
        max_scale_down_rate=2,
        enable_scale_to_zero=True,
        grace_seconds=30,
        progress_deadline_seconds=600,
    )


@pytest.mark.parametrize(
    ("name", "text", "field", "value"),
    [
        ("min-scale", "2", "min_scale", 2),
        ("minScale", "2", "min_scale", 2),
        ("max-scale", "7", "max_scale", 7),
        ("maxScale", "7", "max_scale", 7),
        ("initial-scale", "3", "initial_scale", 3),
        ("initialScale", "3", "initial_scale", 3),
        ("activation-scale", "4", "activation_scale", 4),
        ("scale-down-delay", "1m30s", "scale_down_delay_seconds", 90),
        ("scaleDownDelay", "1m30s", "scale_down_delay_seconds", 90),
        ("scale-to-zero-pod-retention-period", "1500ms", "retention_seconds", 1.5),
        ("scaleToZeroPodRetentionPeriod", "1500ms", "retention_seconds", 1.5),
        (
            "metricAggregationAlgorithm",
            "weightedExponential",
            "aggregation",
            "weighted-exponential",
        ),
        ("panic-window-percentage", "7.5", "panic_window_seconds", 5),
        ("panic-window-percentage", "1", "panic_window_seconds", 1),
    ],
)
def test_an_annotation_sets_its_field_alone(name, text, field, value):
    settings = resolve({name: text})
    assert settings == replace(resolve(), **{field: value})
    assert getattr(settings, field) == value


def test_the_panic_window_is_at_least_a_second():
    assert resolve({"window": "6s", "panic-window-percentage": "1"}).panic_window_seconds == 1


def test_kebab_case_wins_over_the_other_spelling():
    assert resolve({"min-scale": "1", "minScale": "2"}).min_scale == 1
    assert resolve({"minScale": "2", "min-scale": "1"}).min_scale == 1


def test_the_progress_deadline_is_serving_s_annotation():
    annotations = {"serving.knative.dev/progress-deadline": "5m"}
    settings = ScaleSettings.resolve(annotations, 0, ClusterSettings())
    assert settings.progress_deadline_seconds == 300


@pytest.mark.parametrize(
    ("annotations", "container_concurrency", "total", "target"),
    [
        ({}, 0, 100, 70),
        ({}, 10, 10, 7),
        ({"target": "5"}, 10, 5, 3.5),
        ({"target": "50"}, 10, 10, 7),
        ({"target": "50"}, 0, 50, 35),
        ({"target": "0.01"}, 0, 0.01, 0.01),
        ({"metric": "rps"}, 10, 200, 140),
        ({"metric": "rps", "target": "500"}, 10, 500, 350),
        ({"target-utilization-percentage": "50"}, 0, 100, 50),
    ],
)
def test_target_is_a_share_of_what_a_pod_may_hold(
    annotations, container_concurrency, total, target
):
    settings = resolve(annotations, container_concurrency)
    assert (settings.total, settings.target) == (total, target)


def test_the_cluster_s_utilization_is_for_concurrency_alone():
    cluster = {"container-concurrency-target-percentage": "50"}
    assert resolve(cluster=cluster).target == 50
    assert resolve({"metric": "rps"}, cluster=cluster).target == 140


def test_a_utilization_up_to_one_is_a_fraction():
    assert resolve(cluster={"container-concurrency-target-percentage": "0.5"}).target == 50


@pytest.mark.parametrize(("own", "max_scale"), [(None, 5), ("3", 3), ("20", 10), ("0", 10)])
def test_the_cluster_limits_max_scale(own, max_scale):
    cluster = {"max-scale": "5", "max-scale-limit": "10"}
    annotations = {} if own is None else {"max-scale": own}
    assert resolve(annotations, cluster=cluster).max_scale == max_scale


@pytest.mark.parametrize(
    ("limit", "given", "own", "most"),
    [(4, {}, "20", 4), (4, {}, "3", 3), (4, {}, None, 4), (0, {}, "20", 20), (4, LIMITED, "9", 2)],
)
def test_a_small_machine_limits_it_too(limit, given, own, most):
    cluster = ClusterSettings.of(given).limited(limit)
    annotations = {} if own is None else {f"{PREFIX}max-scale": own}
    assert ScaleSettings.resolve(annotations, 0, cluster).max_scale == most


def test_every_key_of_the_cluster_reaches_the_revision():
    settings = resolve(
        cluster={
            "enable-scale-to-zero": "false",
            "allow-zero-initial-scale": "true",
            "container-concurrency-target-default": "80",
            "target-burst-capacity": "-1",
            "max-scale-up-rate": "3",
            "max-scale-down-rate": "1.5",
            "stable-window": "2m",
            "panic-window-percentage": "20",
            "panic-threshold-percentage": "150",
            "initial-scale": "0",
            "min-scale": "1",
            "max-scale": "9",
            "scale-down-delay": "10s",
            "scale-to-zero-grace-period": "40s",
            "scale-to-zero-pod-retention-period": "50s",
            "progress-deadline": "100s",
        }
    )
    assert settings == ScaleSettings(
        metric="concurrency",
        total=80,
        target=56,
        stable_window_seconds=120,
        panic_window_seconds=24,
        panic_threshold=1.5,
        target_burst_capacity=-1,
        min_scale=1,
        max_scale=9,
        initial_scale=0,
        activation_scale=0,
        scale_down_delay_seconds=10,
        retention_seconds=50,
        aggregation="linear",
        max_scale_up_rate=3,
        max_scale_down_rate=1.5,
        enable_scale_to_zero=False,
        grace_seconds=40,
        progress_deadline_seconds=100,
    )


def test_the_example_of_the_stock_config_map_is_no_setting():
    assert ClusterSettings.of({"_example": "stable-window: 1s"}) == ClusterSettings()


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ({"stable-windw": "60s"}, "unknown key stable-windw .*'60s'"),
        ({"stable-window": "5s"}, "stable-window must be whole seconds from 6s to 1h, not '5s'"),
        ({"stable-window": "6500ms"}, "stable-window must be whole seconds"),
        ({"stable-window": "60"}, "stable-window must be whole seconds .*not '60'"),
        ({"max-scale-up-rate": "1"}, "max-scale-up-rate must be a number > 1, not '1'"),
        ({"max-scale-down-rate": "nan"}, "max-scale-down-rate must be a number > 1, not 'nan'"),
        ({"target-burst-capacity": "-2"}, "must be a number >= 0 or -1, not '-2'"),
        ({"enable-scale-to-zero": "yes"}, "must be true or false, not 'yes'"),
        ({"min-scale": "1.5"}, "min-scale must be an integer >= 0, not '1.5'"),
        ({"panic-window-percentage": "0.5"}, "panic-window-percentage must be .*not '0.5'"),
        ({"container-concurrency-target-percentage": "101"}, "percentage must be .*not '101'"),
        ({"scale-to-zero-grace-period": "0s"}, "must be a duration > 0s, not '0s'"),
        ({"pod-autoscaler-class": "hpa.autoscaling.knative.dev"}, "must be kpa.*not 'hpa"),
        ({"initial-scale": "0"}, "initial-scale 0 needs allow-zero-initial-scale: true"),
        ({"max-scale-limit": "5"}, "max-scale must be from 1 to max-scale-limit 5, not 0"),
        ({"max-scale": "2", "min-scale": "3"}, "max-scale 2 is below min-scale 3"),
        (
            {
                "container-concurrency-target-default": "0.01",
                "container-concurrency-target-percentage": "50",
            },
            "is 0.005, below 0.01",
        ),
    ],
)
def test_a_bad_cluster_setting_is_named(data, text):
    with pytest.raises(ValueError, match=f"^config-autoscaler: .*{text}"):
        ClusterSettings.of(data)


@pytest.mark.parametrize(
    ("annotations", "text"),
    [
        ({"window": "5s"}, "window must be whole seconds from 6s to 3600s, not '5s'"),
        ({"min-scale": "-1"}, "min-scale must be an integer"),
        ({"min-scal": "1"}, "unknown annotation autoscaling.knative.dev/min-scal"),
        ({"initial-scale": "0"}, "initial-scale 0 needs allow-zero-initial-scale"),
        ({"class": "hpa.autoscaling.knative.dev"}, "class must be kpa.* not 'hpa"),
        ({"metric": "cpu"}, "metric must be concurrency or rps, not 'cpu'"),
    ],
)
def test_a_bad_annotation_is_named(annotations, text):
    with pytest.raises(ValueError, match=text):
        resolve(annotations)


@pytest.mark.parametrize("text", ["1500ms", "-5s", "soon"])
def test_a_bad_progress_deadline_is_named(text):
    with pytest.raises(ValueError, match=f"progress-deadline must be whole seconds.*'{text}'"):
        ScaleSettings.resolve({"serving.knative.dev/progress-deadline": text}, 0, ClusterSettings())


def test_a_shorter_window_bounds_what_waits_for_it_but_no_delay():
    settings = resolve({"scale-to-zero-pod-retention-period": "2m", "scale-down-delay": "30s"})
    assert settings.shortened(4.9) == replace(
        settings,
        stable_window_seconds=4,
        panic_window_seconds=4,
        grace_seconds=4,
        retention_seconds=4,
    )


def test_a_shorter_window_lengthens_nothing():
    settings = resolve()
    assert settings.shortened(20).panic_window_seconds == 6
    assert settings.shortened(20).retention_seconds == 0
    assert settings.shortened(0).stable_window_seconds == 1
    assert settings.shortened(300) == settings
