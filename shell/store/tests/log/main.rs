//! The log on a real folder: what was written is read, what is damaged is named, what is torn is cut.

mod damage;
mod opening;
mod reading;
mod written;
