// Owns the settings as documentation: the text of --help and the tables of docs/settings.md.

enum SettingsReference {
    /// The tables that docs/settings.md holds, in Markdown.
    static func markdown() -> String {
        let defaults = Settings()
        var lines = ["| setting | flag | environment | default | allowed | what |"]
        lines.append("| --- | --- | --- | --- | --- | --- |")
        for row in SettingsTable.rows {
            let variables = row.environment.map { "`\($0)`" }.joined(separator: ", ")
            lines.append(
                "| `\(row.key)` | `\(row.flag)` | \(variables) | \(value(row, defaults)) "
                    + "| \(row.allowed) | \(row.help) |")
        }
        lines += ["", "In each namespace:", ""]
        lines.append("| setting | default | allowed | what |")
        lines.append("| --- | --- | --- | --- |")
        for row in SettingsTable.namespaceRows {
            let initial = value(row, NamespaceSettings())
            lines.append("| `\(row.key)` | \(initial) | \(row.allowed) | \(row.help) |")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// The settings as `--help` lists them.
    static func help() -> String {
        let defaults = Settings()
        let entries = SettingsTable.rows.map { row in
            let initial = row.defaultInWords ?? row.read(defaults) ?? "none"
            return "  \(row.flag) <\(row.placeholder)> (default: \(initial))\n      \(row.help)"
        }
        return entries.joined(separator: "\n")
    }

    private static func value<Root>(_ row: SettingDefinition<Root>, _ defaults: Root) -> String {
        row.defaultInWords ?? row.read(defaults).map { "`\($0)`" } ?? "none"
    }
}
