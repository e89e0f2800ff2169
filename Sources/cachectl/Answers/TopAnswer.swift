// What `top` answers, as tables of at most 80 columns; a value.

import CacheManagerClient
import Console

/// What is used most.
struct TopAnswer: Answer {
    let top: CacheStats.Top
    /// What is written around the text for people.
    var before = ""
    var after = ""

    func encode(to encoder: any Encoder) throws { try top.encode(to: encoder) }

    var text: String {
        let sections = [keyLines, prefixLines, entryLines].map { $0.joined(separator: "\n") }
        return before + sections.joined(separator: "\n\n") + after
    }

    private var keyLines: [String] {
        var table = Table(["HOTTEST KEY", "READS/S", "OF ALL"])
        for key in top.hottestKeys {
            table.add([name(key.key), rate(key.readsPerSecond), percent(key.share)])
        }
        return lines(of: table, isEmpty: top.hottestKeys.isEmpty, "nothing was read lately")
    }

    private var prefixLines: [String] {
        var table = Table(["MISSED PREFIX", "MISSES/S", "OF ALL", "MISS RATE"])
        for prefix in top.missedPrefixes {
            table.add([
                prefix.prefix.isEmpty ? "(none)" : name(prefix.prefix),
                rate(prefix.missesPerSecond), percent(prefix.share), percent(prefix.missRate),
            ])
        }
        return lines(of: table, isEmpty: top.missedPrefixes.isEmpty, "nothing was missed lately")
    }

    private var entryLines: [String] {
        var table = Table(["LARGEST ENTRY", "MEMORY"])
        for entry in top.largestEntries {
            table.add([name(entry.key), Digits.size(bytes: entry.bytes)])
        }
        return lines(of: table, isEmpty: top.largestEntries.isEmpty, "nothing is in memory")
    }

    private func lines(of table: Table, isEmpty: Bool, _ remark: String) -> [String] {
        isEmpty ? table.lines + [remark] : table.lines
    }

    private func name(_ text: String) -> String { PlainText.line(text) }

    private func percent(_ part: Double) -> String { "\(Digits.three(part * 100)) %" }

    private func rate(_ number: Double) -> String {
        number < 999.5 ? Digits.three(number) : Digits.count(UInt64(min(number, 1e18).rounded()))
    }
}
