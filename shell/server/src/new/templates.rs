//! The templates: books of scenarios, as their files stand in `scenarios/template-*/book`.

/// A book to begin with.
#[derive(Debug)]
pub(crate) struct Template {
    pub(crate) name: &'static str,
    /// What it is for, in English and Korean.
    pub(crate) told: (&'static str, &'static str),
    /// Paths inside the book and their texts; settings are asked for in this order.
    pub(crate) files: &'static [(&'static str, &'static str)],
}

macro_rules! template {
    ($name:literal, $english:literal, $korean:literal, $($path:literal)*) => {
        Template {
            name: $name,
            told: ($english, $korean),
            files: &[$((
                $path,
                include_str!(concat!("../../../../scenarios/template-", $name, "/book/", $path)),
            ),)*],
        }
    };
}

/// All templates, in the order in which they are offered.
pub(crate) const TEMPLATES: &[Template] = &[
    template!(
        "game-provider", "a platform pays a game provider a share of GGR", "플랫폼이 게임 제공사에 GGR 배분",
        "book.toml" "parties.toml" "sources/rounds.toml" "contracts/games.toml" "README.md"
    ),
    template!(
        "aggregator", "an aggregator between casinos, studios and agents", "플랫폼, 스튜디오, 총판 사이의 중개사",
        "book.toml" "parties.toml" "sources/days.toml" "contracts/casino.toml" "contracts/content.toml"
        "contracts/agents.toml" "README.md"
    ),
    template!(
        "payment-provider", "a payment provider collects for merchants", "가맹점 대금을 정산하는 결제대행사",
        "book.toml" "parties.toml" "sources/payments.toml" "contracts/shops.toml" "contracts/acquirer.toml"
        "calendars/kr.toml" "README.md"
    ),
    template!(
        "ad-network", "an advertising network between advertisers and publishers", "광고주와 매체 사이의 광고 네트워크",
        "book.toml" "parties.toml" "sources/reports.toml" "contracts/advertisers.toml" "contracts/publishers.toml"
        "README.md"
    ),
    template!(
        "credit-supplier", "a supplier sells credit that play draws down", "선불 크레딧 공급사",
        "book.toml" "parties.toml" "sources/usage.toml" "contracts/credit.toml" "README.md"
    ),
    template!(
        "royalty", "a publisher pays an author royalties", "저자에게 인세를 지급하는 출판사",
        "book.toml" "parties.toml" "withholding.toml" "sources/sales.toml" "contracts/author.toml" "README.md"
    ),
];
