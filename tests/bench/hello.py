"""The function that others are measured with: functions-framework's hello world."""


def hello(_request):
    return {"hello": "world"}
