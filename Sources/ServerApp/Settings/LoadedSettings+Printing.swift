// Owns what `--print-config` prints.

import Foundation
import RedisClient

/// How `--print-config` prints.
package enum SettingsPrintFormat: Sendable {
    /// Aligned columns, for people.
    case text
    /// One JSON object, for scripts.
    case json
}

extension LoadedSettings {
    /// Every setting in force, its value and where it came from, ending with a line break.
    package func printed(format: SettingsPrintFormat) -> String {
        switch format {
        case .text: printedText()
        case .json: printedJSON()
        }
    }

    /// The settings in the order of the table, then the pools and the namespaces by name.
    private var lines: [(name: String, value: String?, source: SettingSource)] {
        var lines = SettingsTable.rows.map { ($0.key, $0.read(values), source(of: $0.key)) }
        for (pool, url) in values.redisPools.sorted(by: { $0.key < $1.key }) {
            let name = "\(SettingsTable.poolsKey).\(pool)"
            lines.append((name, url.description, source(of: name)))
        }
        for (namespace, settings) in values.namespaces.sorted(by: { $0.key < $1.key }) {
            for row in SettingsTable.namespaceRows {
                let name = "\(SettingsTable.namespacesKey).\(namespace).\(row.key)"
                lines.append((name, row.read(settings), source(of: name)))
            }
        }
        return lines
    }

    private func printedText() -> String {
        let rows = lines.map { ($0.name, $0.value ?? "-", $0.source.description) }
        let nameWidth = rows.map(\.0.count).max() ?? 0
        let valueWidth = rows.map(\.1.count).max() ?? 0
        var text = "# settings file: \(filePath ?? "none")\n"
        for (name, value, source) in rows {
            text += name.padding(toLength: nameWidth + 2, withPad: " ", startingAt: 0)
            text += value.padding(toLength: valueWidth + 2, withPad: " ", startingAt: 0)
            text += source + "\n"
        }
        return text
    }

    private func printedJSON() -> String {
        let members = lines.map { line in
            let value = line.value.map(LogText.json) ?? "null"
            let source = LogText.json(line.source.description)
            return "  \(LogText.json(line.name)): {\"value\": \(value), \"source\": \(source)}"
        }
        return "{\n" + members.joined(separator: ",\n") + "\n}\n"
    }
}
