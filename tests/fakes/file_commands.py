"""Reads a file of outputs by the rules of GitHub's runner (actions/runner, EnvFileKeyValuePairs)."""


def read_outputs(text: str) -> dict[str, str]:
    """Return the outputs; the first of `=` and `<<` in a line decides how its value is given."""
    outputs = {}
    lines = iter(text.split("\n"))
    for line in lines:
        if not line:
            continue
        equals, heredoc = line.find("="), line.find("<<")
        if equals >= 0 and (heredoc < 0 or equals < heredoc):
            name, value = line[:equals], line[equals + 1 :]
        elif heredoc >= 0:
            name, delimiter = line[:heredoc], line[heredoc + 2 :]
            values = []
            while (value_line := next(lines)) != delimiter:  # StopIteration: the delimiter is missing
                values.append(value_line)
            value = "\n".join(values)
        else:
            raise ValueError(f"invalid format: {line!r}")
        outputs[name] = value
    return outputs
