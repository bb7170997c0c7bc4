from localdev.serving.queue_proxy.stats import Report, RequestStats


class _Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_concurrency_is_weighted_by_time():
    clock = _Clock()
    stats = RequestStats(clock)
    stats.begin(False)
    clock.now += 1.0
    stats.begin(True)
    clock.now += 0.5
    stats.end(False)
    clock.now += 0.5
    assert stats.report() == Report(1.25, 0.5, 2, 1)


def test_a_report_begins_anew_but_keeps_what_is_in_hand():
    clock = _Clock()
    stats = RequestStats(clock)
    stats.begin(True)
    clock.now += 2.0
    stats.report()
    clock.now += 1.0
    assert stats.report(clock.now) == Report(1.0, 1.0, 0, 0)
    assert stats.concurrency == 1
    stats.end(True)
    assert stats.concurrency == 0


def test_no_time_has_no_average():
    stats = RequestStats(_Clock())
    stats.begin(False)
    assert stats.report() == Report(0.0, 0.0, 1, 0)
