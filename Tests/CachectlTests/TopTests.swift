// What `top` takes and shows.

import Console
import Testing

@testable import CacheManagerClient
@testable import cachectl

@Suite struct TopTests {
    private static let long = String(repeating: "k", count: 1_024)
    private static let top = CacheStats.Top(
        hottestKeys: [
            .init(key: long, readsPerSecond: 12_345_678, share: 0.5),
            .init(key: "a\u{1B}[31m\n\u{85}b", readsPerSecond: 1.5, share: 0.001),
        ],
        missedPrefixes: [
            .init(prefix: long, missesPerSecond: 999_999, missRate: 1, share: 0.25),
            .init(prefix: "", missesPerSecond: 0.25, missRate: 0.5, share: 0.125),
        ],
        largestEntries: [.init(key: long, bytes: 1 << 20), .init(key: "b", bytes: 64)])

    @Test("three tables fit into 80 columns, and no key steers the terminal")
    func tables() {
        let text = TopAnswer(top: Self.top).text
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        for line in lines { #expect(line.count <= 80, "\(line)") }
        #expect(!text.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" || $0.value == 0x85 })
        #expect(lines[0].hasPrefix("HOTTEST KEY") && lines[0].hasSuffix("READS/S  OF ALL"))
        #expect(lines[1].hasPrefix("kkkkk") && lines[1].hasSuffix("k…    12.3M  50.0 %"))
        #expect(lines[2].hasPrefix(#"a\u{1b}[31m\n\u{85}b "#) && lines[2].hasSuffix(" 0.10 %"))
        #expect(lines[3].isEmpty && lines[7].isEmpty)
        #expect(lines[5].hasSuffix("   999999  25.0 %      100 %"))
        #expect(lines[6].hasPrefix("(none) ") && lines[6].hasSuffix(" 0.25  12.5 %     50.0 %"))
        #expect(lines[9].hasSuffix("…  1.00 MiB") && lines[10].hasPrefix("b  "))
        #expect(lines.count == 11)
    }

    @Test("an idle server says so")
    func empty() {
        let none = CacheStats.Top(hottestKeys: [], missedPrefixes: [], largestEntries: [])
        let text = TopAnswer(top: none).text
        for remark in ["nothing was read", "nothing was missed", "nothing is in memory"] {
            #expect(text.contains(remark))
        }
        #expect(
            JSONLine.text(TopAnswer(top: none))
                == #"{"hottestKeys":[],"largestEntries":[],"missedPrefixes":[]}"#)
    }

    @Test("as JSON it is one object with the contract's names, and keys as they are")
    func json() {
        var top = Self.top
        top.hottestKeys.removeFirst()
        top.missedPrefixes.removeFirst()
        top.largestEntries.removeFirst()
        let keys = #"{"key":"a\u001b[31m\n\#u{85}b","readsPerSecond":1.5,"share":0.001}"#
        let prefixes = #"{"missRate":0.5,"missesPerSecond":0.25,"prefix":"","share":0.125}"#
        let entries = #"{"bytes":64,"key":"b"}"#
        let expected =
            #"{"hottestKeys":[\#(keys)],"largestEntries":[\#(entries)],"#
            + #""missedPrefixes":[\#(prefixes)]}"#
        #expect(JSONLine.text(TopAnswer(top: top)) == expected)
    }
}
